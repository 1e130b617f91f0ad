import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { CDK, example, ofType, only } from './support/synthesise';

/** The Python of `tests/python/requirements.txt`, with DuckDB; `make cdk-test` installs it. */
const PYTHON = resolve(CDK, process.env.PROJECT_PYTHON ?? '../.venv/bin/python');

const STACK = example('organization-everything').EcrEncryptionAggregator;

type Row = Record<string, unknown>;

/** What the queries of the template give over the table of the template. */
function answers(rows: Row[]): Record<string, Row[]> {
  const { TableInput } = only(STACK, 'AWS::Glue::Table').Properties;
  const columns: { Name: string; Type: string }[] = [
    ...TableInput.StorageDescriptor.Columns,
    ...TableInput.PartitionKeys,
  ];
  const queries = Object.values(ofType(STACK, 'AWS::Athena::NamedQuery')).map(({ Properties }) => [
    Properties.Name,
    Properties.QueryString,
  ]);
  const input = JSON.stringify({
    table: TableInput.Name,
    columns: Object.fromEntries(columns.map(({ Name, Type }) => [Name, Type])),
    rows,
    queries: Object.fromEntries(queries),
  });
  const script = join(CDK, 'test', 'support', 'run_queries.py');
  const { status, stdout, stderr, error } = spawnSync(PYTHON, [script], { input, encoding: 'utf8' });
  assert.equal(status, 0, `${error ?? ''}${stderr}`);
  return JSON.parse(stdout);
}

const RUN: Row = {
  scan_date: 0,
  run_id: 'second',
  run_started_at: '2026-11-23 15:00:00',
  evaluated_at: '2026-11-23 15:01:00',
  account_id: '111122223333',
  account_name: 'images',
  region: 'eu-central-1',
  finding_type: 'repository',
};

const KEY = { kms_key: 'arn:key/1', kms_key_arn: 'arn:key/1', key_state: 'Enabled', encryption_level: 'awscmk' };

/** One run with two repositories, a creation template and a cache rule; before it, one of the same day, one of yesterday. */
const ROWS: Row[] = [
  { ...RUN, ...KEY, repository_name: 'good', status: 'COMPLIANT' },
  {
    ...RUN,
    repository_name: 'bad',
    status: 'NON_COMPLIANT',
    encryption_level: 'sse',
    open_since: '2026-11-20 15:00:00',
  },
  {
    ...RUN,
    ...KEY,
    finding_type: 'repository-creation-template',
    repository_name: 'ROOT',
    status: 'NON_COMPLIANT',
    open_since: '2026-11-22 15:00:00',
  },
  { ...RUN, finding_type: 'pull-through-cache-rule', repository_name: 'quay', status: 'EXEMPT' },
  { ...RUN, run_id: 'first', run_started_at: '2026-11-23 03:00:00', repository_name: 'gone', status: 'UNDETERMINED' },
  { ...RUN, scan_date: 1, run_id: 'before', repository_name: 'bad', status: 'NON_COMPLIANT', encryption_level: 'sse' },
  {
    ...RUN,
    scan_date: 1,
    run_id: 'before',
    finding_type: 'pull-through-cache-rule',
    repository_name: 'quay',
    status: 'NON_COMPLIANT',
    encryption_level: 'sse',
  },
];

const FOUND = answers(ROWS);

function of(query: string, ...columns: string[]): unknown[][] {
  const rows = FOUND[query] ?? assert.fail(query);
  return rows.map((row) => columns.map((column) => (column in row ? row[column] : assert.fail(column))));
}

test('the rows are on everything that a finding can be on', () => {
  const schema = JSON.parse(readFileSync(join(CDK, '..', 'aggregator', 'schema', 'finding.schema.json'), 'utf8'));
  const types = schema.$defs.FindingType.oneOf.map((type: { const: string }) => type.const);
  assert.deepEqual([...new Set(ROWS.map((row) => row.finding_type))].sort(), types.sort());
});

test('every query for Athena can be run over its table', () => {
  assert.equal(Object.keys(FOUND).length, 6);
});

test('where repositories are counted, templates and cache rules are not, as in summary.json', () => {
  assert.deepEqual(of('Accounts with most open findings', 'account_id', 'open', 'repositories', 'percent_compliant'), [
    ['111122223333', 1, 2, 50],
  ]);
  assert.deepEqual(of('Statuses by day, 90 days', 'status', 'repositories'), [
    ['NON_COMPLIANT', 1],
    ['COMPLIANT', 1],
    ['NON_COMPLIANT', 1],
  ]);
  assert.deepEqual(of('Encryption levels by day, 90 days', 'encryption_level', 'repositories'), [
    ['sse', 1],
    ['awscmk', 1],
    ['sse', 1],
  ]);
  assert.deepEqual(of('Keys in use', 'key', 'repositories', 'accounts'), [['arn:key/1', 1, 1]]);
});

test('where findings are listed, what they are on is told', () => {
  assert.deepEqual(of('Open findings, longest open first', 'finding_type', 'repository_name', 'days_open'), [
    ['repository', 'bad', 3],
    ['repository-creation-template', 'ROOT', 1],
  ]);
  assert.deepEqual(of('Exemptions, those that end first', 'finding_type', 'repository_name'), [
    ['pull-through-cache-rule', 'quay'],
  ]);
});
