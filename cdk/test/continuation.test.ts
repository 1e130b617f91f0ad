import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continuationKeys } from '../lib/constructs/report-keys';
import { EXAMPLES, type Example, example, ofType, only, type Template } from './support/synthesise';

function aggregatorStack(name: Example): Template {
  const templates = example(name);
  return templates.EcrEncryptionAggregator ?? templates.EcrEncryption ?? assert.fail(name);
}

/** The bucket with the reports. */
function reportBucket(template: Template) {
  const found = Object.entries(ofType(template, 'AWS::S3::Bucket')).find(([id]) => /ReportBucket/.test(id));
  return found ?? assert.fail('no bucket with the reports');
}

/** The scan's function. */
function scanFunction(template: Template): string {
  const functions = Object.entries(ofType(template, 'AWS::Lambda::Function'));
  return functions.find(([, { Properties }]) => Properties.Environment)?.[0] ?? assert.fail('no function of the scan');
}

for (const name of EXAMPLES) {
  test(`an object that asks for more goes on with the scan, and begins none: ${name}`, () => {
    const template = aggregatorStack(name);
    const [bucketId, bucket] = reportBucket(template);
    assert.deepEqual(bucket.Properties.NotificationConfiguration, {
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
    const { EventPattern, State, Targets } = only(template, 'AWS::Events::Rule').Properties;
    const prefix = name === 'organization-everything' ? 'ecr' : 'ecr-encryption';
    assert.deepEqual(EventPattern, {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: {
        bucket: { name: [{ Ref: bucketId }] },
        object: { key: [{ wildcard: `${prefix}/.unfinished/*/continue-*.json` }] },
      },
    });
    assert.equal(State, 'ENABLED');
    const [target, ...others] = Targets;
    assert.deepEqual(others, []);
    const schedule = only(template, 'AWS::Scheduler::Schedule').Properties.Target;
    assert.deepEqual([target.Input, schedule.Input], ['{"resume":true,"begin":false}', '{"resume":true}']);
    assert.deepEqual(target.RetryPolicy, schedule.RetryPolicy);
    assert.deepEqual(target.RetryPolicy, { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 });
    assert.deepEqual(target.DeadLetterConfig, schedule.DeadLetterConfig);
    assert.deepEqual(target.Arn, { 'Fn::GetAtt': [scanFunction(template), 'Arn'] });
  });
}

test('Lambda does not take the scan for a loop, when it goes on again and again', () => {
  for (const name of EXAMPLES) {
    const template = aggregatorStack(name);
    assert.equal(template.Resources[scanFunction(template)]?.Properties.RecursiveLoop, 'Allow', name);
    // The functions of the rule start nothing.
    const functions = Object.values(example(name)).flatMap((stack) =>
      Object.values(ofType(stack, 'AWS::Lambda::Function')),
    );
    assert.equal(functions.filter(({ Properties }) => Properties.RecursiveLoop).length, 1, name);
  }
});

test('only this one rule of EventBridge may invoke the scan, and leave dead letters', () => {
  const template = aggregatorStack('organization-everything');
  const [rule = ''] = Object.keys(ofType(template, 'AWS::Events::Rule'));
  const { Action, FunctionName, Principal, SourceArn } = only(template, 'AWS::Lambda::Permission').Properties;
  assert.deepEqual([Action, Principal], ['lambda:InvokeFunction', 'events.amazonaws.com']);
  assert.deepEqual(FunctionName, { 'Fn::GetAtt': [scanFunction(template), 'Arn'] });
  assert.deepEqual(SourceArn, { 'Fn::GetAtt': [rule, 'Arn'] });
  const sending = Object.values(ofType(template, 'AWS::SQS::QueuePolicy'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Effect }) => Effect === 'Allow');
  assert.deepEqual(
    sending.map(({ Action: action, Principal: { Service }, Condition }) => [action, Service, Condition]),
    [['sqs:SendMessage', 'events.amazonaws.com', { ArnEquals: { 'aws:SourceArn': SourceArn } }]],
  );
});

test('the pattern takes what asks for more, and not what else is written', () => {
  const pattern = continuationKeys('team/ecr');
  // EventBridge allows no two `*` in a row.
  assert.doesNotMatch(pattern, /\*\*/);
  const expression = new RegExp(`^${pattern.replace(/[.]/g, '\\.').replaceAll('*', '.*')}$`);
  const written: [key: string, starts: boolean][] = [
    ['team/ecr/.unfinished/0193a/continue-1.json', true],
    ['team/ecr/.unfinished/0193a/continue-16.json', true],
    ['team/ecr/.unfinished/0193a/manifest.json', false],
    ['team/ecr/.unfinished/0193a/journal-1', false],
    ['team/ecr/.unfinished/0193a/lock.json', false],
    ['team/ecr/interrupted-0193a/continue-1.json', false],
    ['team/ecr/runs/2026-11-23-0193a/findings.jsonl', false],
    ['other/team/ecr/.unfinished/0193a/continue-1.json', false],
    ['team/ecr/Xunfinished/0193a/continue-1.json', false],
  ];
  for (const [key, starts] of written) {
    assert.equal(expression.test(key), starts, key);
  }
});

test('what runs have left that nobody goes on with is removed after a week, and uploads that broke off', () => {
  const [, { Properties }] = reportBucket(aggregatorStack('organization-everything'));
  // biome-ignore lint/suspicious/noExplicitAny: a rule of a template
  const rules: any[] = Properties.LifecycleConfiguration.Rules;
  const unfinished = rules.find(({ Prefix }) => Prefix === 'ecr/.unfinished/');
  assert.deepEqual(
    [unfinished.Status, unfinished.ExpirationInDays, unfinished.NoncurrentVersionExpiration],
    ['Enabled', 7, { NoncurrentDays: 1 }],
  );
  const everywhere = rules.find(({ Prefix }) => Prefix === undefined);
  assert.deepEqual(everywhere.AbortIncompleteMultipartUpload, { DaysAfterInitiation: 7 });
  // Reports are never removed by the bucket.
  assert.deepEqual(
    rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined).map(({ Prefix }) => Prefix),
    ['athena-results/', 'ecr/.unfinished/'],
  );
});

test('nothing is deployed that may change the notifications of buckets', () => {
  for (const name of EXAMPLES) {
    for (const [stack, template] of Object.entries(example(name))) {
      assert.doesNotMatch(JSON.stringify(template), /PutBucketNotification|Custom::/, stack);
    }
  }
});
