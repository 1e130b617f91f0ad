import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { alarms } from './support/alarms';
import { problems } from './support/refusal';
import {
  CDK,
  type EXAMPLES,
  example,
  exampleText,
  ofType,
  only,
  synthesise,
  type Template,
  text,
} from './support/synthesise';

const HERE = 'arn:aws:sns:eu-central-1:444455556666:platform-alarms';
const THERE = 'arn:aws:sns:us-east-1:444455556666:platform-alarms';

/** The text of an example, with topics that exist already. */
function withTopics(name: (typeof EXAMPLES)[number], ...arns: string[]): string {
  return exampleText(name, ['notifications:', `notifications:\n  topicArns: [${arns.join(', ')}]`]);
}

// biome-ignore lint/suspicious/noExplicitAny: a statement of a template
type Statement = any;

/** What the scan's role is allowed in the stack of the scan. */
function statements(template: Template | undefined): Statement[] {
  return Object.values(ofType(template, 'AWS::IAM::Policy'))
    .filter(({ Properties }) => Properties.Roles.map(text).some((role: string) => role.includes('Aggregator')))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

function ownTopic(template: Template | undefined): string {
  const [id = '', ...others] = Object.keys(ofType(template, 'AWS::SNS::Topic'));
  assert.deepEqual(others, []);
  return `<${id}>`;
}

const TOLD: [stack: string, text: string, others: string[]][] = [
  ['EcrEncryptionAggregator', withTopics('organization', HERE, THERE), [HERE]],
  ['EcrEncryptionRule-eu-central-1', withTopics('organization', HERE, THERE), [HERE]],
  ['EcrEncryptionRule-us-east-1', withTopics('organization', HERE, THERE), [THERE]],
  ['EcrEncryptionRule-us-east-1', withTopics('organization', HERE), []],
  // The rule and the scan in one stack.
  ['EcrEncryption', withTopics('single-account', HERE, `${HERE}-2`), [HERE, `${HERE}-2`]],
];

for (const [stack, configuration, others] of TOLD) {
  test(`every alarm of ${stack} tells its own topic and ${others.length} others, of both ways`, () => {
    const template = synthesise(configuration)[stack];
    const found = Object.values(ofType(template, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
    assert.ok(found.length >= 4);
    for (const { AlarmActions, OKActions } of found) {
      assert.deepEqual(AlarmActions.map(text), [ownTopic(template), ...others]);
      assert.deepEqual(OKActions, AlarmActions);
    }
    assert.ok(Object.keys(alarms(template)).includes('Errors'));
  });
}

test('the scan tells the topics of its Region what it found, and may publish to these alone', () => {
  const { EcrEncryptionAggregator: template } = synthesise(withTopics('organization', HERE, `${HERE}-2`, THERE));
  const own = ownTopic(template);
  const [scan] = Object.values(ofType(template, 'AWS::Lambda::Function'));
  const { ECR_ENCRYPTION_NOTIFY: told } = scan?.Properties.Environment.Variables ?? {};
  assert.equal(text(told), `sns:${own} sns:${HERE} sns:${HERE}-2`);
  const publishing = statements(template).filter(({ Action }) => [Action].flat().includes('sns:Publish'));
  assert.deepEqual(
    publishing.map(({ Resource, Action }) => [Action, [Resource].flat().map(text).sort()]),
    [['sns:Publish', [own, HERE, `${HERE}-2`].sort()]],
  );
});

test('it may have SNS encrypt for these topics under whatever key they are, and nothing else', () => {
  const arns = [HERE, `${HERE}-2`];
  const { EcrEncryptionAggregator: template } = synthesise(withTopics('organization', ...arns, THERE));
  const { Resource, ...statement } = statements(template).find(({ Sid }) => Sid === 'EncryptForTopics');
  assert.equal(text(Resource), 'arn:<AWS::Partition>:kms:eu-central-1:*:key/*');
  assert.deepEqual(statement, {
    Sid: 'EncryptForTopics',
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Condition: {
      StringEquals: {
        'kms:ViaService': ['sns.eu-central-1.amazonaws.com'],
        'kms:EncryptionContext:aws:sns:topicArn': arns,
      },
    },
  });
});

test('in China SNS has two names', () => {
  const configuration = `mode: single-account
home: {account: 111122223333, region: cn-north-1}
rule: {regions: [cn-north-1]}
notifications: {topicArns: ["arn:aws-cn:sns:cn-north-1:111122223333:alarms"]}
`;
  const { Condition } = statements(synthesise(configuration).EcrEncryption).find(
    ({ Sid }) => Sid === 'EncryptForTopics',
  );
  assert.deepEqual(Condition.StringEquals['kms:ViaService'], [
    'sns.cn-north-1.amazonaws.com',
    'sns.cn-north-1.amazonaws.com.cn',
  ]);
});

test('where there is no such topic at home, no other key may be used than that of the reports', () => {
  for (const { EcrEncryptionAggregator: template } of [
    example('organization'),
    synthesise(withTopics('organization', THERE)),
  ]) {
    const keys = statements(template).filter(({ Action }) => [Action].flat().includes('kms:GenerateDataKey'));
    assert.deepEqual(
      keys.map(({ Resource }) => text(Resource).replace(/\w{8}\./, '.')),
      ['<AggregatorReportKey.Arn>'],
    );
  }
});

test('topics that exist already make nothing, and change no id', () => {
  for (const name of ['single-account', 'organization'] as const) {
    const [before, after] = [example(name), synthesise(withTopics(name, HERE))];
    for (const [stack, { Resources }] of Object.entries(before)) {
      assert.deepEqual(Object.keys(after[stack]?.Resources ?? {}).sort(), Object.keys(Resources).sort(), stack);
    }
  }
});

const WRONG: [name: string, arns: string[], expected: RegExp][] = [
  [
    'no ARN',
    ['platform-alarms'],
    /^line 13: `notifications.topicArns.0` is `platform-alarms`; allowed: the ARN of an /,
  ],
  ['the ARN of a queue', ['arn:aws:sqs:eu-central-1:444455556666:alarms'], /is `arn:aws:sqs:.*`; allowed: the ARN of /],
  ['the ARN of a subscription', [`${HERE}:0a1b2c3d-0000-4000-8000-000000000000`], /; allowed: the ARN of an SNS topic/],
  ['an account with a digit too few', [HERE.replace('6666', '666')], /; allowed: the ARN of an SNS topic, such as /],
  ['a Region that AWS does not have', [HERE.replace('eu-central', 'eu-centrl')], /; allowed: the ARN of an SNS topic/],
  ['a Region of another partition than its own', [HERE.replace('aws', 'aws-cn')], /, in a Region of its partition; /],
  ['a FIFO topic', [`${HERE}.fifo`], /alarms\.fifo`; allowed: .*; no FIFO topic \(….fifo\), which no alarm can /],
  [
    'a topic of another partition',
    [HERE, 'arn:aws-us-gov:sns:us-gov-west-1:444455556666:alarms'],
    /^line 13: `notifications.topicArns.1` is `arn:aws-us-gov:.*`, of the partition aws-us-gov; allowed: topics of eu-central-1, us-east-1, as /,
  ],
  [
    'a topic of a Region without an alarm',
    [HERE.replace('eu-central-1', 'eu-west-3')],
    /^line 13: `notifications.topicArns.0` is `arn:aws:sns:eu-west-3:.*`, of eu-west-3, where no alarm is: they tell topics of their own Region alone; allowed: topics of eu-central-1, us-east-1, as `home.region` and `rule.regions` say$/,
  ],
  [
    'a topic twice',
    [HERE, THERE, HERE],
    /^line 13: `notifications.topicArns` has `arn:.*` more than once; allowed: each /,
  ],
  [
    'more than an alarm takes',
    [THERE, ...[1, 2, 3, 4, 5].map((n) => `${HERE}-${n}`)],
    /^line 13: `notifications.topicArns` has 5 topics of eu-central-1; allowed by CloudWatch beside the stack's own: 4 in a Region$/,
  ],
];

for (const [name, arns, expected] of WRONG) {
  test(`refuses ${name}`, () => {
    const found = problems(withTopics('organization', ...arns));
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', expected);
  });
}

test('takes four topics of a Region, and topics of the home Region where no rule is', () => {
  const four = [1, 2, 3, 4].map((n) => `${HERE}-${n}`);
  assert.deepEqual(problems(withTopics('organization', ...four, THERE)), []);
  const elsewhere = withTopics('organization', HERE).replace('regions: [eu-central-1, us-east-1]', 'regions: []');
  assert.deepEqual(problems(elsewhere), []);
});

test('what the README has the policies of a topic and its key allow is what is needed, and what our own do', () => {
  const readme = readFileSync(join(CDK, 'README.md'), 'utf8');
  const [, json = ''] = /```json\n(\[\n {2}\{"Sid": "AlarmsOfEcrEncryption".*?)```/s.exec(readme) ?? [];
  const told: Statement[] = JSON.parse(json);
  const { EcrEncryptionAggregator: template } = example('organization');
  const policy = only(template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument.Statement;
  const ofKey = only(template, 'AWS::KMS::Key').Properties.KeyPolicy.Statement;
  const alarm = (all: Statement[]) => all.find(({ Principal }) => Principal.Service === 'cloudwatch.amazonaws.com');
  for (const [own, action] of [
    [alarm(policy), 'sns:Publish'],
    [alarm(ofKey), 'kms:GenerateDataKey'],
  ] as const) {
    const allowed = told.filter(({ Action }) => [Action].flat().includes(action));
    const { Action, Condition } = alarm(allowed);
    assert.deepEqual([Action].flat(), [own.Action].flat());
    assert.deepEqual(Object.keys(Condition.StringEquals), Object.keys(own.Condition.StringEquals));
    // By a condition, because the policy would be refused as long as the role is not there.
    const scan = allowed.find(({ Principal }) => Principal.AWS === 'arn:aws:iam::HOME_ACCOUNT:root');
    assert.deepEqual(scan.Action, Action);
    assert.deepEqual(scan.Condition, {
      ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::HOME_ACCOUNT:role/EcrEncryptionAggregator' },
    });
  }
  assert.equal(told.length, 4);
});
