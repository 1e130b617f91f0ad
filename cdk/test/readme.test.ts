import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { monthly, table } from '../cost/model';
import { deletedKeys } from '../lib/constructs/report-keys';
import { SCHEDULED_EVENT } from '../lib/constructs/scan-schedule';
import { CDK, EXAMPLES, example, ofType } from './support/synthesise';

const README = readFileSync(join(CDK, 'README.md'), 'utf8');

test('the table of costs is what the model gives: npm run cost', () => {
  const written = /<!-- cost: .*? -->\n(.*)\n<!-- \/cost -->/s.exec(README)?.[1];
  assert.equal(written, table());
});

test('the model counts evaluations one by one', () => {
  // 1 account × 3 Regions × (30 days × 5 repositories + 10 changes), a tenth of a cent each
  assert.equal(monthly(1)["AWS Config's evaluations"]?.toFixed(2), '0.48');
});

test('every variable of the function is explained, and none that is not set', () => {
  const set = new Set(
    EXAMPLES.flatMap((name) =>
      Object.values(example(name)).flatMap((template) =>
        Object.values(ofType(template, 'AWS::Lambda::Function')).flatMap(({ Properties }) =>
          Object.keys(Properties.Environment?.Variables ?? {}),
        ),
      ),
    ),
  );
  const explained = new Set(README.match(/ECR_ENCRYPTION_[A-Z0-9_]+[A-Z0-9]/g));
  assert.deepEqual([...explained].sort(), [...set].sort());
});

test('the event that is sent is the one that is explained', () => {
  assert.ok(README.includes('`{"resume": true}`'));
  assert.deepEqual(SCHEDULED_EVENT, { resume: true });
});

test('where the scan may delete is told, and all of it', () => {
  const told = /delete under (.*?):/s.exec(README)?.[1] ?? '';
  assert.deepEqual(
    [...told.matchAll(/`(.*?)`/g)].map(([, folder]) => `PREFIX/${folder}*`).sort(),
    deletedKeys('PREFIX').sort(),
  );
});

test('every metric and alarm of the scan is explained', () => {
  const alarms = Object.values(ofType(example('organization').EcrEncryptionAggregator, 'AWS::CloudWatch::Alarm'));
  const metrics = alarms.filter(({ Properties }) => Properties.Namespace === 'EcrEncryption');
  assert.equal(metrics.length, 3);
  for (const { Properties } of metrics) {
    assert.ok(README.includes(`\`${Properties.MetricName}\``), Properties.MetricName);
  }
});

test('every stack and every link to a file is there', () => {
  const stacks = new Set(
    EXAMPLES.flatMap((name) => Object.keys(example(name)).map((stack) => stack.replace(/-.*/, ''))),
  );
  for (const stack of stacks) {
    assert.ok(README.includes(`\`${stack}`), stack);
  }
  for (const [, path = ''] of README.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
    assert.ok(readFileSync(join(CDK, path)).length > 0, path);
  }
});
