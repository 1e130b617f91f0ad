import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MOST_CONTINUATIONS } from '../lib/constructs/scan-alarms';
import { alarms } from './support/alarms';
import { CDK, EXAMPLES, example, ofType, text } from './support/synthesise';

test('alarms tell of missed, incomplete, failed and slow runs', () => {
  const found = alarms(example('organization-everything').EcrEncryptionAggregator);
  assert.deepEqual(Object.keys(found).sort(), [
    'Errors',
    'EventAge',
    'IncompleteRun',
    'LongRun',
    'MissedRun',
    'Throttles',
    'Undelivered',
  ]);
  const { MissedRun: missed, IncompleteRun: incomplete, LongRun: long } = found;
  const [filled, runs, ...others] = missed.Metrics;
  assert.deepEqual(others, []);
  // Hours without a run are 0, however far CloudWatch looks back.
  assert.equal(filled.Expression, `FILL(${runs.Id}, 0)`);
  assert.deepEqual([filled.ReturnData, runs.ReturnData], [true, false]);
  assert.deepEqual(runs.MetricStat, {
    Metric: { Namespace: 'EcrEncryption', MetricName: 'Runs' },
    Period: 3600,
    Stat: 'Sum',
  });
  assert.deepEqual([missed.ComparisonOperator, missed.Threshold], ['LessThanThreshold', 1]);
  // From Friday to Monday and two hours more; at most seven days.
  assert.deepEqual([missed.EvaluationPeriods, missed.TreatMissingData], [74, 'breaching']);
  assert.ok(runs.MetricStat.Period * missed.EvaluationPeriods <= 7 * 86_400);
  assert.equal(missed.DatapointsToAlarm, undefined, 'every hour must be without a run');
  assert.deepEqual(
    [incomplete.MetricName, incomplete.Threshold, incomplete.TreatMissingData],
    ['NotCovered', 1, 'ignore'],
  );
  assert.deepEqual([long.MetricName, long.Statistic, long.Threshold], ['RunSeconds', 'Maximum', 11_520]);
  for (const alarm of Object.values(found)) {
    assert.ok(alarm.AlarmActions.length > 0);
    assert.deepEqual(alarm.AlarmActions, alarm.OKActions);
  }
});

const LONG: [schedule: string, minutes: number, of: number, end: RegExp][] = [
  // Four hours, after which the function gives a run up.
  ['cron(0 3 * * ? *)', 192, 240, /given up unfinished\. .* the command line, in a container, has no such end\.$/],
  ['cron(0 3 29 FEB ? *)', 192, 240, /given up unfinished/],
  ['rate(4 hours)', 192, 240, /given up unfinished/],
  ['rate(17 minutes)', 13, 17, /the next one is due\. .* a schedule with more time between two runs gives it that\.$/],
  ['cron(0,30 9-17 * * ? *)', 24, 30, /the next one is due/],
  ['cron(0 0/2 * * ? *)', 96, 120, /the next one is due/],
];

for (const [schedule, minutes, of, end] of LONG) {
  test(`a scan by ${schedule} takes long from ${minutes} minutes on`, () => {
    const { EcrEncryption } = example('single-account', ['rule:', `scan: {schedule: "${schedule}"}\nrule:`]);
    const { Threshold, AlarmDescription, TreatMissingData } = alarms(EcrEncryption).LongRun;
    assert.equal(Threshold, Math.floor(0.8 * of * 60));
    assert.ok(AlarmDescription.startsWith(`A scan took ${minutes} minutes or more, `), AlarmDescription);
    assert.match(AlarmDescription, new RegExp(`; after ${of}, .*${end.source}`));
    // What an invocation of a run logs that is not at its end, namely nothing, changes nothing.
    assert.equal(TreatMissingData, 'ignore');
  });
}

test('the function gives a run up after as many continuations as the alarm takes it to', () => {
  const source = readFileSync(join(CDK, '..', 'aggregator', 'src', 'unfinished', 'handed_over.rs'), 'utf8');
  assert.equal(/const MOST_CONTINUATIONS: u32 = (\d+);/.exec(source)?.[1], String(MOST_CONTINUATIONS));
});

test('a weekly scan has no alarm for missed runs, which CloudWatch could not keep', () => {
  const weekly = example('single-account', ['rule:', 'scan: {schedule: cron(0 3 ? * MON *)}\nrule:']);
  assert.ok(!('MissedRun' in alarms(weekly.EcrEncryption)));
  assert.ok('IncompleteRun' in alarms(weekly.EcrEncryption));
});

test('alarms of the rule are told in its own Region', () => {
  const stack = example('organization')['EcrEncryptionRule-us-east-1'];
  assert.deepEqual(Object.keys(alarms(stack)).sort(), ['Errors', 'EventAge', 'Throttles', 'Undelivered']);
  for (const { AlarmActions } of Object.values(alarms(stack))) {
    assert.ok(AlarmActions[0].Ref in ofType(stack, 'AWS::SNS::Topic'));
  }
});

test('an event that waits is told of long before Lambda drops it', () => {
  let compared = 0;
  for (const name of EXAMPLES) {
    for (const template of Object.values(example(name))) {
      const found = Object.values(ofType(template, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
      for (const id of Object.keys(ofType(template, 'AWS::Lambda::Function'))) {
        const invocation = Object.values(ofType(template, 'AWS::Lambda::EventInvokeConfig')).find(
          ({ Properties }) => Properties.FunctionName.Ref === id,
        );
        // Lambda keeps an event for six hours where nothing else is said.
        const keptSeconds = invocation?.Properties.MaximumEventAgeInSeconds ?? 6 * 3_600;
        const age = found.find(
          ({ MetricName, Dimensions }) => MetricName === 'AsyncEventAge' && Dimensions[0].Value.Ref === id,
        );
        assert.ok(age.Threshold > 0 && age.Threshold <= (keptSeconds * 1_000) / 2, `${id} of ${name}`);
        assert.ok(age.AlarmDescription.includes(` ${age.Threshold / 60_000} minutes`), age.AlarmDescription);
        compared += 1;
      }
    }
  }
  assert.ok(compared > EXAMPLES.length);
});

test('each stack with a topic or a dead-letter queue tells where they are, by the names that the README has', () => {
  const readme = readFileSync(join(CDK, 'README.md'), 'utf8');
  let compared = 0;
  for (const name of EXAMPLES) {
    for (const [stack, template] of Object.entries(example(name))) {
      const topics = Object.keys(ofType(template, 'AWS::SNS::Topic'));
      const queues = Object.keys(ofType(template, 'AWS::SQS::Queue'));
      const outputs = template.Outputs ?? {};
      const refs = (wanted: RegExp) =>
        Object.entries(outputs)
          .filter(([output]) => wanted.test(output))
          .map(([output, { Value }]) => {
            assert.ok(readme.includes(`\`${output}\``), output);
            return text(Value);
          });
      assert.deepEqual(
        refs(/^TopicArn$/),
        topics.map((id) => `<${id}>`),
        stack,
      );
      assert.deepEqual(refs(/^(?:Scan|Rule)DeadLetterQueueUrl$/).sort(), queues.map((id) => `<${id}>`).sort(), stack);
      compared += topics.length + queues.length;
    }
  }
  assert.ok(compared > 3 * EXAMPLES.length);
});

test('the scan tells its name by the output that the README has', () => {
  for (const name of EXAMPLES) {
    const stacks = Object.values(example(name)).filter(({ Outputs }) => Outputs?.FunctionName);
    assert.equal(stacks.length, 1, name);
    const functions = ofType(stacks[0], 'AWS::Lambda::Function');
    const id = /^<(.*)>$/.exec(text(stacks[0]?.Outputs?.FunctionName?.Value))?.[1];
    assert.ok(functions[id ?? '']?.Properties.Environment, name);
  }
});
