import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXAMPLES, example, exampleText, ofType, only, synthesise, type Template, text } from './support/synthesise';

/** What the binaries were seen to call with a member account's credentials, by what they were asked to do. */
const CALLED: Record<string, string[]> = JSON.parse(readFileSync(join(__dirname, 'called-operations.json'), 'utf8'));

// biome-ignore lint/suspicious/noExplicitAny: a policy of a template
type Statement = any;

function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}

/** The template that a StackSet deploys. */
function embedded(template: Template | undefined, name: string): Template {
  const stackSets = Object.values(ofType(template, 'AWS::CloudFormation::StackSet'));
  return JSON.parse(stackSets.find(({ Properties }) => Properties.StackSetName === name)?.Properties.TemplateBody);
}

function memberRole(templates: Record<string, Template>) {
  return only(embedded(templates.EcrEncryptionAccess, 'EcrEncryptionMemberRole'), 'AWS::IAM::Role').Properties;
}

/** What a role's policies allow, wherever they are, as `action on resource`. */
function allowed(templates: Record<string, Template>, roleName: string): Statement[] {
  return Object.values(templates).flatMap((template) => {
    const ids = Object.entries(ofType(template, 'AWS::IAM::Role'))
      .filter(([, { Properties }]) => Properties.RoleName === roleName)
      .map(([id]) => `<${id}>`);
    return Object.values(ofType(template, 'AWS::IAM::Policy'))
      .filter(({ Properties }) =>
        Properties.Roles.map(text).some((role: string) => role === roleName || ids.includes(role)),
      )
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  });
}

const MEMBERS: [name: string, changes: [string, string][], called: string[]][] = [
  ['rule and scan', [], ['rule', 'scan']],
  ['no rule', [['regions: [eu-central-1, us-east-1]', 'regions: []']], ['scan']],
  [
    'tags',
    [['rule:', 'policy: {exemptTagKey: exempt}\nrule:']],
    ['rule', 'scan', 'rule with exemptTagKey', 'scan with exemptTagKey'],
  ],
  ['templates', [['rule:', 'scan: {templates: true}\nrule:']], ['rule', 'scan', 'scan --include templates']],
  ['Security Hub', [['rule:', 'scan: {securityHub: true}\nrule:']], ['rule', 'scan', 'scan --security-hub']],
  [
    'AWS Config as the source',
    [['rule:', 'scan: {source: config}\noptions: {configurationAggregator: true}\nrule:']],
    ['rule'],
  ],
];

for (const [name, changes, called] of MEMBERS) {
  test(`the role in every account allows what is called there, no more and no less: ${name}`, () => {
    const { Policies, ManagedPolicyArns } = memberRole(example('organization', ...changes));
    assert.equal(ManagedPolicyArns, undefined);
    const statements = Policies.flatMap((policy: Statement) => policy.PolicyDocument.Statement);
    assert.deepEqual(
      statements.flatMap(({ Action }: Statement) => list(Action)).sort(),
      [...new Set(called.flatMap((what) => CALLED[what] ?? assert.fail(what)))].sort(),
    );
    assert.ok(statements.every(({ Effect, Resource }: Statement) => Effect === 'Allow' && Resource === '*'));
  });
}

test('the operations that were seen are all used in a test above', () => {
  assert.deepEqual(Object.keys(CALLED).sort(), [...new Set(MEMBERS.flatMap(([, , called]) => called))].sort());
});

test('the functions may do in their own account what they may in the others', () => {
  const templates = example('organization-everything');
  const member = memberRole(templates).Policies[0].PolicyDocument.Statement[0].Action;
  const own = (role: string, sid: string) => allowed(templates, role).find(({ Sid }) => Sid === sid)?.Action;
  const both = [
    ...own('EcrEncryptionRule', 'JudgeTheFunctionsOwnAccount'),
    ...own('EcrEncryptionAggregator', 'ReadTheFunctionsOwnAccount'),
  ];
  assert.deepEqual([...new Set(both)].sort(), member);
});

test('the role in every account trusts two roles of the home account, and nobody else', () => {
  const { AssumeRolePolicyDocument, RoleName, Path, PermissionsBoundary } = memberRole(
    example('organization-everything'),
  );
  const [rule, scan, ...others] = AssumeRolePolicyDocument.Statement;
  assert.deepEqual(others, []);
  assert.equal(text(rule.Principal.AWS), 'arn:<AWS::Partition>:iam::222233334444:role/EcrEncryptionRule');
  assert.equal(text(scan.Principal.AWS), 'arn:<AWS::Partition>:iam::222233334444:role/EcrEncryptionAggregator');
  assert.equal(rule.Condition, undefined);
  assert.deepEqual(scan.Condition, { StringEquals: { 'sts:ExternalId': 'ecr-encryption-2026' } });
  assert.deepEqual([RoleName, Path], ['EcrAudit', '/security/']);
  assert.equal(text(PermissionsBoundary), 'arn:<AWS::Partition>:iam::<AWS::AccountId>:policy/security/AuditBoundary');
});

test('the role in the management account is the same', () => {
  const role = 'memberRole: {name: security/EcrAudit, permissionsBoundary: security/AuditBoundary}\nrule:';
  const templates = example('delegated-administrator', ['rule:', role]);
  const { Metadata: _, ...management } = only(templates.EcrEncryptionManagementRole, 'AWS::IAM::Role') as Statement;
  const boundary = management.Properties.PermissionsBoundary;
  assert.equal(text(boundary), 'arn:aws:iam::111122223333:policy/security/AuditBoundary');
  assert.deepEqual(
    { ...management.Properties, PermissionsBoundary: 0 },
    { ...memberRole(templates), PermissionsBoundary: 0 },
  );
});

test('the roles that are trusted are the ones that are made', () => {
  for (const name of EXAMPLES) {
    const templates = example(name);
    const made = Object.values(templates).flatMap((template) =>
      Object.values(ofType(template, 'AWS::IAM::Role')).map(({ Properties }) => Properties.RoleName),
    );
    assert.ok(made.includes('EcrEncryptionRule') && made.includes('EcrEncryptionAggregator'), name);
  }
});

test('the scan may do what README.md and the contract of reports list', () => {
  const statements = allowed(example('organization-everything'), 'EcrEncryptionAggregator');
  const actions = statements.flatMap(({ Action }) => list(Action)).filter((action) => !action.startsWith('logs:'));
  assert.deepEqual([...new Set(actions)].sort(), [
    'account:ListRegions',
    'config:DescribeConfigurationAggregatorSourcesStatus',
    'config:DescribeConfigurationAggregators',
    'config:SelectAggregateResourceConfig',
    'ecr:DescribePullThroughCacheRules',
    'ecr:DescribeRepositories',
    'ecr:DescribeRepositoryCreationTemplates',
    'kms:Decrypt',
    'kms:DescribeKey',
    'kms:GenerateDataKey',
    'organizations:DescribeOrganizationalUnit',
    'organizations:ListAccounts',
    'organizations:ListOrganizationalUnitsForParent',
    'organizations:ListParents',
    'organizations:ListRoots',
    's3:AbortMultipartUpload',
    's3:DeleteObject',
    's3:GetObject',
    's3:ListBucket',
    's3:PutObject',
    'securityhub:BatchImportFindings',
    'securityhub:BatchUpdateFindings',
    'securityhub:GetFindings',
    'sns:Publish',
    'sqs:SendMessage',
    'sts:AssumeRole',
    'tag:GetResources',
  ]);
});

test('the scan may delete runs and what is left of them, and nothing else, whether runs are kept for ever or not', () => {
  for (const [name, prefix] of [
    ['organization', 'ecr-encryption'],
    ['organization-everything', 'ecr'],
  ] as const) {
    const deleting = allowed(example(name), 'EcrEncryptionAggregator').filter(({ Action }) =>
      list(Action).some((action) => action.startsWith('s3:Delete')),
    );
    assert.deepEqual(
      deleting.map(({ Action, Resource }) => [
        Action,
        list(Resource)
          .map(text)
          .map((arn) => arn.replace(/^<\w+\.Arn>/, '')),
      ]),
      [
        [
          's3:DeleteObject',
          ['.unfinished/*', 'empty-*', 'failed-*', 'interrupted-*', 'parquet/scan_date=*', 'runs/*'].map(
            (keys) => `/${prefix}/${keys}`,
          ),
        ],
      ],
    );
  }
});

test('the scan may list its own prefix, no other one, and the bucket where it names none', () => {
  const { Condition, Resource } = allowed(example('organization'), 'EcrEncryptionAggregator').find(
    ({ Action }) => Action === 's3:ListBucket',
  );
  assert.match(text(Resource), /^<AggregatorReportBucket\w+\.Arn>$/);
  assert.deepEqual(Condition, { StringLikeIfExists: { 's3:prefix': ['ecr-encryption', 'ecr-encryption/*'] } });
});

test('a single account needs neither Organizations nor another role', () => {
  const templates = example('single-account');
  const actions = ['EcrEncryptionRule', 'EcrEncryptionAggregator'].flatMap((role) =>
    allowed(templates, role).flatMap(({ Action }) => list(Action)),
  );
  assert.ok(actions.length > 0);
  assert.deepEqual(
    actions.filter((action) => /^(organizations|sts):/.test(action)),
    [],
  );
});

test('the functions enter accounts of the organization only, and only by the one role', () => {
  for (const role of ['EcrEncryptionRule', 'EcrEncryptionAggregator']) {
    const entering = allowed(example('organization'), role).filter(({ Action }) => Action === 'sts:AssumeRole');
    assert.deepEqual(
      entering.map(({ Resource, Condition }) => [text(Resource), Condition]),
      [
        [
          'arn:<AWS::Partition>:iam::*:role/EcrEncryptionAudit',
          { StringEquals: { 'aws:ResourceOrgID': 'o-a1b2c3d4e5' } },
        ],
      ],
    );
  }
});

test('AWS Config as the only source enters no account', () => {
  const changes: [string, string] = [
    'rule:',
    'scan: {source: config}\noptions: {configurationAggregator: true}\nrule:',
  ];
  const actions = allowed(example('organization', changes), 'EcrEncryptionAggregator').flatMap(({ Action }) =>
    list(Action),
  );
  assert.ok(!actions.includes('sts:AssumeRole') && actions.includes('config:SelectAggregateResourceConfig'));
});

test('no policy allows all actions of a service', () => {
  for (const name of EXAMPLES) {
    const policies = Object.values(example(name)).flatMap((template) =>
      Object.values(template.Resources).filter(({ Type }) =>
        /^AWS::(IAM|SNS|SQS|S3)::.*Policy$|^AWS::IAM::Role$/.test(Type),
      ),
    );
    const statements = policies.flatMap(
      ({ Properties }) => (Properties.PolicyDocument ?? Properties.AssumeRolePolicyDocument).Statement,
    );
    const wide = statements.filter(
      ({ Effect, Action }: Statement) => Effect === 'Allow' && list(Action).some((action) => action.includes('*')),
    );
    assert.deepEqual(wide, [], name);
  }
});

test('no managed policy of AWS is used', () => {
  assert.doesNotMatch(JSON.stringify(example('organization-everything')), /ManagedPolicyArns|:aws:policy/);
});

test('permissions boundaries are put on every role where they are asked for', () => {
  for (const template of Object.values(synthesise(exampleText('organization-everything')))) {
    for (const [id, { Properties }] of Object.entries(ofType(template, 'AWS::IAM::Role'))) {
      assert.match(text(Properties.PermissionsBoundary), /:policy\/security\/(Function|Audit)Boundary$/, id);
    }
  }
});
