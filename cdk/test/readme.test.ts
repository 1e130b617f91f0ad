import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { monthly, table } from '../cost/model';
import { deletedKeys } from '../lib/constructs/report-keys';
import { CONTINUING_EVENT } from '../lib/constructs/scan-continuation';
import { SCHEDULED_EVENT } from '../lib/constructs/scan-schedule';
import { alarms } from './support/alarms';
import { CDK, EXAMPLES, example, ofType } from './support/synthesise';

const README = readFileSync(join(CDK, 'README.md'), 'utf8');

test('the table of costs is what the model gives: npm run cost', () => {
  assert.ok(README.includes(`<!-- cost: held by test/${basename(__filename)} -->`));
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

test('the events that are sent are the ones that are explained', () => {
  for (const event of [SCHEDULED_EVENT, CONTINUING_EVENT]) {
    assert.ok(README.includes(`\`${JSON.stringify(event).replace(/([:,])/g, '$1 ')}\``), JSON.stringify(event));
  }
});

test('where the scan may delete is told, and all of it', () => {
  const told = /delete under (.*?):/s.exec(README)?.[1] ?? '';
  assert.deepEqual(
    [...told.matchAll(/`(.*?)`/g)].map(([, folder]) => `PREFIX/${folder}*`).sort(),
    deletedKeys('PREFIX').sort(),
  );
});

/** The names in the first column of the table below a heading of that column. */
function named(column: string): string[] {
  const rows =
    new RegExp(`^\\| ${column} \\|.*\\n\\|[-|:]+\\n((?:\\|.*\\n)+)`, 'm').exec(README)?.[1] ?? assert.fail(column);
  return [...rows.matchAll(/^\| ([^|]*)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  );
}

test('every metric that the scan logs is explained, and none that it does not', () => {
  const source = readFileSync(join(CDK, '..', 'aggregator', 'src', 'function', 'metrics.rs'), 'utf8');
  const [code = ''] = source.split('#[cfg(test)]');
  const names = [...code.matchAll(/Metric::\w+\(\s*"(\w+)"/g)].map(([, name]) => name);
  assert.equal((code.match(/Metric::\w+\(/g) ?? []).length, names.length, 'each is named where it is logged');
  const logged = new Set(names);
  assert.deepEqual(named('metric').sort(), [...logged].sort());
  assert.ok(README.includes(`(${logged.size}, without dimensions)`));
});

test('every alarm is explained, and none that is not made', () => {
  const made = EXAMPLES.flatMap((name) => Object.values(example(name)).flatMap((stack) => Object.keys(alarms(stack))));
  assert.deepEqual(named('alarm').sort(), [...new Set(made)].sort());
});

test('every alarm watches what somebody publishes', () => {
  const own = named('metric');
  const watched = new Set<string>();
  for (const stack of EXAMPLES.flatMap((name) => Object.values(example(name)))) {
    for (const [name, alarm] of Object.entries(alarms(stack))) {
      const metrics = [alarm, ...(alarm.Metrics ?? []).map((metric: { MetricStat?: unknown }) => metric.MetricStat)];
      for (const { Namespace, MetricName } of metrics.map((metric) => metric?.Metric ?? metric ?? {})) {
        if (Namespace === 'EcrEncryption') {
          assert.ok(own.includes(MetricName), `${name}: ${MetricName}`);
          watched.add(MetricName);
        }
      }
    }
  }
  assert.deepEqual([...watched].sort(), ['NotCovered', 'RunSeconds', 'Runs']);
});

test('what rings before the first scan is told, with the way to end it', () => {
  const [, told = ''] = /\n`MissedRun` rings some minutes after the first deployment(.*?)\nMemory:/s.exec(README) ?? [];
  assert.match(told, /aws lambda invoke --function-name FUNCTION /);
  assert.ok(told.includes(`--payload '${JSON.stringify(SCHEDULED_EVENT).replace(':', ': ')}'`));
});

test('what the configuration no longer asks for is told to be removed before: CloudFormation would keep it', () => {
  const both = example('organization');
  const one = example('organization', ['regions: [eu-central-1, us-east-1]', 'regions: [eu-central-1]']);
  const left = Object.keys(both).filter((name) => !(name in one));
  assert.deepEqual(left, ['EcrEncryptionRule-us-east-1']);
  const [, told = ''] = /\nThe CDK does not remove a stack (.*?)\nAfter a change of /s.exec(README) ?? [];
  for (const name of left.map((stack) => stack.replace('us-east-1', 'REGION'))) {
    assert.match(
      told,
      new RegExp(`--no-enable-termination-protection [^]*--stack-name ${name}\nnpx cdk destroy ${name}\n`),
    );
  }
  assert.ok(told.includes('`EcrEncryptionManagementRole`') && told.includes('`rule.regions: []`'));
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
