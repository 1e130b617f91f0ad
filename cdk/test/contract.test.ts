import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ruleParameters } from '../lib/configuration/policy';
import { APART, DATASET, RUNS } from '../lib/constructs/report-keys';
import { CDK, configurationOf, example, exampleText, only } from './support/synthesise';

const ROOT = join(CDK, '..');

test("the history's columns are the fields of a finding", () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'aggregator', 'schema', 'finding.schema.json'), 'utf8'));
  const { TableInput } = only(
    example('organization-everything').EcrEncryptionAggregator,
    'AWS::Glue::Table',
  ).Properties;
  const columns: { Name: string; Type: string }[] = TableInput.StorageDescriptor.Columns;
  // What the history and the Parquet files add.
  const fields = new Set([...Object.keys(schema.properties), 'open_since', 'run_id', 'run_started_at']);
  assert.deepEqual(columns.map(({ Name }) => Name).sort(), [...fields].sort());
  for (const { Name, Type } of columns) {
    const { type, format } = schema.properties[Name] ?? {
      type: 'string',
      format: Name === 'run_id' ? undefined : 'date-time',
    };
    const expected = { 'date-time': 'timestamp', date: 'date' }[format as string] ?? [type].flat()[0];
    assert.equal(Type.replace(/<.*/, ''), expected ?? 'string', Name);
  }
});

test('the parameters of the rule are those that it knows', () => {
  const source = readFileSync(join(ROOT, 'rule', 'core', 'src', 'policy', 'parameters.rs'), 'utf8');
  const names = [...(/const NAMES: .*?= \[(.*?)\];/s.exec(source)?.[1] ?? '').matchAll(/"(\w+)"/g)].map(
    ([, name]) => name,
  );
  assert.ok(names.length >= 9);
  const { policy } = configurationOf(exampleText('organization-everything'));
  assert.deepEqual(Object.keys(ruleParameters(policy, 'role')).sort(), names.sort());
});

test("the rule's metrics on the dashboard are those that it logs", () => {
  const source = readFileSync(join(ROOT, 'rule', 'src', 'metrics.rs'), 'utf8');
  const body = JSON.stringify(
    only(example('organization').EcrEncryptionAggregator, 'AWS::CloudWatch::Dashboard').Properties,
  );
  const named = [...body.matchAll(/Evaluations\w+|InvocationErrors|LookupErrors/g)].map(([name]) => name);
  assert.ok(named.length >= 5);
  assert.deepEqual(
    named.filter((name) => !source.includes(`"${name}"`)),
    [],
  );
  assert.ok(source.includes('"EcrEncryptionRule"') && body.includes('EcrEncryptionRule,FunctionName'));
});

test("the names of what the scan keeps in the bucket are the scan's own", () => {
  const sources = join(ROOT, 'aggregator', 'src');
  const names = readFileSync(join(sources, 'store', 's3', 'names.rs'), 'utf8');
  const constant = (name: string) => new RegExp(`const ${name}: &str = "(.*)";`).exec(names)?.[1];
  assert.equal(constant('RUNS'), RUNS);
  assert.ok(names.includes('format!("{DATASET}/scan_date={date}/'));
  assert.equal(`${constant('DATASET')}/scan_date=`, DATASET);
  const place = readFileSync(join(sources, 'output', 'place.rs'), 'utf8');
  const folders = /const FOLDERS: .*? = \[(.*?)\];/.exec(place)?.[1] ?? '';
  assert.deepEqual(
    [...folders.matchAll(/"(\w+)"/g)].map(([, name]) => name),
    [...APART],
  );
});
