import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { example, ofType, type Template, text } from './support/synthesise';

/** IAM's quota of all inline policies of a role, white space not counted. */
const MOST_CHARACTERS = 10_240;

const REGIONS = RegionInfo.regions.filter(({ partition }) => partition === 'aws').map(({ name }) => name);

/** The inline policies of a role, wherever they are, as IAM gets them. */
function inlinePolicies(templates: Record<string, Template>, roleName: string): string[] {
  return Object.values(templates).flatMap((template) => {
    const roles = Object.entries(ofType(template, 'AWS::IAM::Role')).filter(
      ([, { Properties }]) => Properties.RoleName === roleName,
    );
    const names = [roleName, ...roles.map(([id]) => `<${id}>`)];
    const attached = Object.values(ofType(template, 'AWS::IAM::Policy')).filter(({ Properties }) =>
      Properties.Roles.map(text).some((role: string) => names.includes(role)),
    );
    const inside = roles.flatMap(([, { Properties }]) => Properties.Policies ?? []);
    return [...attached.map(({ Properties }) => Properties), ...inside].map(({ PolicyDocument }) =>
      asIamGetsIt(PolicyDocument),
    );
  });
}

/** With names as long as they get in place of what CloudFormation knows only then. */
function asIamGetsIt(document: unknown): string {
  const resolved = JSON.stringify(document, (_key, value) =>
    ['Ref', 'Fn::GetAtt', 'Fn::Join'].some((name) => typeof value === 'object' && value !== null && name in value)
      ? text(value)
      : value,
  );
  const longest = `arn:aws:logs:ap-southeast-1:111122223333:log-group:${'x'.repeat(70)}:*`;
  return resolved
    .replaceAll('<AWS::Partition>', 'aws')
    .replace(/<[^>]+>/g, longest)
    .replace(/\s/g, '');
}

/** The examples with the fewest and the most settings, with every Region in place of those that they govern. */
const EVERYWHERE: Record<string, () => Record<string, Template>> = {
  'one account': () => example('single-account', ['[eu-central-1]', `[${REGIONS.join(', ')}]`]),
  'an organization': () =>
    example(
      'organization-everything',
      ['regions: [eu-central-1, us-east-1]', `regions: [${REGIONS.join(', ')}]`],
      // The others need a resource type that one of the Regions lacks.
      ['invokePermission: organization', 'invokePermission: service'],
    ),
};

for (const [name, synthesised] of Object.entries(EVERYWHERE)) {
  test(`${name}: the policies of a role fit into what IAM allows, with every Region governed`, () => {
    assert.ok(REGIONS.length >= 35);
    const templates = synthesised();
    assert.ok(Object.keys(templates).length >= 35);
    for (const role of ['EcrEncryptionRule', 'EcrEncryptionAggregator']) {
      const characters = inlinePolicies(templates, role).join('').length;
      assert.ok(characters > 500, `${role} has ${characters}: has the way to write them changed?`);
      assert.ok(characters <= MOST_CHARACTERS, `${role} has ${characters} characters of inline policies`);
    }
  });
}

// biome-ignore lint/suspicious/noExplicitAny: a statement of a policy
function logging(templates: Record<string, Template>): any {
  return Object.values(templates)
    .flatMap((template) => Object.values(ofType(template, 'AWS::IAM::Policy')))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .find(({ Sid }) => Sid === 'LogAndKeepFailures');
}

test("the rule may write into the log group and the queue of each Region's stack, and nowhere else", () => {
  const templates = EVERYWHERE['an organization']?.() ?? assert.fail();
  const { Action, Resource } = logging(templates);
  assert.deepEqual(Action, ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage']);
  const patterns: string[] = Resource.map(text);
  assert.deepEqual(patterns, [
    'arn:<AWS::Partition>:logs:*:222233334444:log-group:EcrEncryptionRule-*:*',
    'arn:<AWS::Partition>:sqs:*:222233334444:EcrEncryptionRule-*',
  ]);
  const stacks = Object.entries(templates).filter(([name]) => name.startsWith('EcrEncryptionRule-'));
  assert.equal(stacks.length, REGIONS.length);
  for (const [stack, template] of stacks) {
    assert.deepEqual(ofType(template, 'AWS::IAM::Policy'), {}, stack);
    const [group, ...others] = Object.entries(ofType(template, 'AWS::Logs::LogGroup'));
    const [queue, ...more] = Object.entries(ofType(template, 'AWS::SQS::Queue'));
    assert.deepEqual([others, more], [[], []]);
    // CloudFormation names them after the stack, and shortens the stack's name only where all of it would be too long.
    assert.deepEqual([group?.[1].Properties.LogGroupName, queue?.[1].Properties.QueueName], [undefined, undefined]);
    assert.ok(`${stack}-${queue?.[0]}-`.length + 13 <= 80, stack);
  }
});

test('one account needs no pattern for the stack that its role is in', () => {
  assert.equal(logging(example('single-account')), undefined);
  assert.ok(logging(EVERYWHERE['one account']?.() ?? assert.fail()));
});
