import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inAssemblies, run } from './support/python';
import { CDK, EXAMPLES, type Example, example, type Template } from './support/synthesise';

/** What moto 5.2.5's CloudFormation cannot make. `cdk/README.md` has the same list. */
const UNSUPPORTED = [
  'AWS::Athena::NamedQuery',
  'AWS::Athena::WorkGroup',
  'AWS::CloudFormation::StackSet',
  'AWS::CloudWatch::Alarm',
  'AWS::Config::ConfigRule',
  'AWS::Config::ConfigurationAggregator',
  'AWS::Config::OrganizationConfigRule',
  'AWS::Config::OrganizationConformancePack',
  'AWS::Glue::Database',
  'AWS::Glue::Table',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::ResourcePolicy',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
];

/** What `deploy_to_moto.py` tells of a stack. */
interface Deployed {
  readonly status: string;
  /** The types of what was made. */
  readonly made: string[];
  readonly unsupported: string[];
  /** What the services' own calls say, by logical id. */
  // biome-ignore lint/suspicious/noExplicitAny: it depends on the resource's type
  readonly read: Record<string, any>;
}

let all: Record<string, Deployed>[] | undefined;

/** Deploys all examples, once. */
function deploy(name: Example): Record<string, Deployed> {
  all ??= inAssemblies(EXAMPLES, (folders) =>
    JSON.parse(run('python', [join(CDK, 'test', 'support', 'deploy_to_moto.py'), ...folders])),
  );
  return all?.[EXAMPLES.indexOf(name)] ?? {};
}

function supported(template: Template): string[] {
  return Object.values(template.Resources)
    .map(({ Type }) => Type)
    .filter((type) => !UNSUPPORTED.includes(type))
    .sort();
}

for (const name of EXAMPLES) {
  test(`moto makes everything of ${name} that it can`, () => {
    const stacks = deploy(name);
    const templates = example(name);
    for (const [stack, template] of Object.entries(templates)) {
      assert.equal(stacks[stack]?.status, 'CREATE_COMPLETE', stack);
      assert.deepEqual(stacks[stack]?.made, supported(template), stack);
    }
    assert.ok(Object.keys(stacks).length >= Object.keys(templates).length);
  });
}

test('what moto cannot make is what the list says, here and in the README', () => {
  const found = EXAMPLES.flatMap((name) => Object.values(deploy(name)).flatMap(({ unsupported }) => unsupported));
  assert.deepEqual([...new Set(found)].sort(), UNSUPPORTED);
  const readme = readFileSync(join(CDK, 'README.md'), 'utf8');
  assert.deepEqual(
    UNSUPPORTED.filter((type) => !readme.includes(`\`${type}\``)),
    [],
  );
});

test('the role in every account is made by what the StackSet carries, and trusts the roles that were made', () => {
  const stacks = deploy('organization-everything');
  const member = Object.values(stacks['EcrEncryptionAccess/EcrEncryptionMemberRole']?.read ?? {})[0];
  assert.equal(member.arn, 'arn:aws:iam::999988887777:role/security/EcrAudit');
  const trusted = member.trust.Statement.map(({ Principal }: { Principal: { AWS: string } }) => Principal.AWS);
  const made = Object.values(stacks.EcrEncryptionAccess?.read ?? {}).map(({ arn }) => arn);
  assert.deepEqual(trusted.sort(), made.sort());
  assert.equal(made.length, 2);
});

test('the bucket, the key, the queue and the function are as they should be, by their own services', () => {
  const read = Object.entries(deploy('organization-everything').EcrEncryptionAggregator?.read ?? {});
  const one = (prefix: string) => read.find(([id]) => id.startsWith(prefix))?.[1] ?? assert.fail(prefix);
  assert.deepEqual(one('AggregatorReportBucket'), { encryption: 'aws:kms' });
  assert.deepEqual(one('AggregatorReportKey'), { rotates: true });
  assert.deepEqual(one('AggregatorScanDeadLetters'), { retention: '1209600' });
  const { role, runtime, variables } = one('AggregatorScanFunction');
  assert.deepEqual([role, runtime], ['arn:aws:iam::222233334444:role/EcrEncryptionAggregator', 'provided.al2023']);
  assert.equal(variables.ECR_ENCRYPTION_OUTPUT, 's3://example-ecr-encryption-reports/ecr');
  assert.match(variables.ECR_ENCRYPTION_NOTIFY, /^sns:arn:aws:sns:eu-central-1:222233334444:/);
  assert.match(variables.ECR_ENCRYPTION_S3_KMS_KEY, /^arn:aws:kms:eu-central-1:222233334444:key\//);
});

test('of all that the scan writes, only what asks for more starts it again', () => {
  for (const [name, prefix, account] of [
    ['organization', 'ecr-encryption', '111122223333'],
    ['organization-everything', 'ecr', '222233334444'],
  ] as const) {
    const read = Object.entries(deploy(name).EcrEncryptionAggregator?.read ?? {});
    const { heard, targets } =
      read.find(([id]) => id.startsWith('AggregatorContinuationRule'))?.[1] ?? assert.fail(name);
    assert.deepEqual(
      heard,
      ['continue-1.json', 'continue-16.json'].map((object) => `${prefix}/.unfinished/0193a/${object}`),
    );
    const [[target, input], ...others] = targets;
    assert.deepEqual([input, others], ['{"resume":true,"begin":false}', []]);
    assert.match(target, new RegExp(`^arn:aws:lambda:eu-central-1:${account}:function:`));
  }
});

test('GovCloud is a partition of its own', () => {
  const arns = Object.values(deploy('govcloud')).flatMap(({ read }) =>
    Object.values(read).flatMap(({ arn, role }) => [arn, role].filter(Boolean)),
  );
  assert.ok(arns.length > 4);
  assert.deepEqual(
    arns.filter((arn) => !arn.startsWith('arn:aws-us-gov:')),
    [],
  );
});
