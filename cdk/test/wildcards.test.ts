import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CDK, EXAMPLES, example, type Template } from './support/synthesise';

/** Statements on every resource, by their `Sid`, and why: what is not here must name its resources. */
const EVERY_RESOURCE: Record<string, string> = {
  JudgeTheFunctionsOwnAccount: 'lists and describes what is not known beforehand',
  JudgeRepositories: 'the same, in every account',
  ReadTheFunctionsOwnAccount: 'the same, for the scan',
  ListTheOrganization: 'Organizations allows nothing narrower where accounts are listed',
  ReadTheConfigurationAggregator:
    'AWS chooses the id in the ARN of the aggregator, and the keys are whatever is in use',
  AlarmsToTheEncryptedTopic: "in a key's policy, the key",
  // The CDK's own statement, which lets the account's IAM policies count; it has no Sid.
  'kms:*': "in a key's policy, the key",
};

/** The sources, by their paths in `lib`. */
const SOURCES = Object.fromEntries(
  readdirSync(join(CDK, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, readFileSync(join(CDK, 'lib', name), 'utf8')]),
);

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
}

/** All statements of policies in a value, those in the templates that it carries included. */
function statements(value: unknown): Statement[] {
  if (typeof value === 'string') {
    return value.includes('"Resources"') ? statements(JSON.parse(value)) : [];
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const inside = Object.values(value).flatMap(statements);
  return 'Effect' in value && 'Action' in value ? [value as unknown as Statement, ...inside] : inside;
}

function onEveryResource(template: Template): string[] {
  return statements(template)
    .filter(({ Resource }) => [Resource].flat().includes('*'))
    .map(({ Sid, Action }) => Sid ?? String(Action));
}

test('a statement on every resource is one of those that have a reason', () => {
  const found = EXAMPLES.flatMap((name) => Object.values(example(name)).flatMap(onEveryResource));
  assert.deepEqual([...new Set(found)].sort(), Object.keys(EVERY_RESOURCE).sort());
});

test('a statement is found wherever it is', () => {
  const statement = { Effect: 'Allow', Action: 'ecr:*', Resource: ['arn:aws:s3:::x', '*'] };
  const role = { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyDocument: { Statement: [statement] } }] } };
  const carried = JSON.stringify({ Resources: { Role: role } });
  const stackSet = { Type: 'AWS::CloudFormation::StackSet', Properties: { TemplateBody: carried } };
  for (const resource of [role, stackSet]) {
    assert.deepEqual(onEveryResource({ Resources: { resource } }), ['ecr:*']);
  }
});

for (const sid of Object.keys(EVERY_RESOURCE).filter((name) => /^\w+$/.test(name))) {
  test(`the source of ${sid} says why in a comment`, () => {
    const made = Object.entries(SOURCES).flatMap(([file, source]) =>
      [...source.matchAll(new RegExp(`(sid: |accountStatement\\()'${sid}'`, 'g'))].map(({ 0: match, index }) =>
        match.startsWith('sid') ? { file, source, index } : accountStatement(),
      ),
    );
    assert.ok(made.length > 0, 'it is made otherwise');
    for (const { file, source, index } of made) {
      const [before, resources] = source.slice(index).split('resources:');
      assert.match(resources ?? '', /^ \[\s*'\*'/, `${file}: the first resources after its Sid are its own`);
      assert.match(before ?? '', /\/\/ "\*"/, file);
    }
  });
}

/** Where the statements on an account's repositories are made. */
function accountStatement() {
  const file = 'permissions.ts';
  const source = SOURCES[file] ?? assert.fail(file);
  return { file, source, index: source.indexOf('function accountStatement(') };
}

/** Every `*` that stands for resources, or in them, says why in a comment right above. */
test('every * in the resources of a policy has a comment that says why', () => {
  const bare: string[] = [];
  let found = 0;
  for (const [file, source] of Object.entries(SOURCES)) {
    const lines = source.split('\n');
    for (const [index, line] of lines.entries()) {
      if (/^\s*resources: .*(\*|arnForObjects)/.test(line)) {
        found += 1;
        let above = index - 1;
        while (/^\s*\/\/ (?!"\*)/.test(lines[above] ?? '')) {
          above -= 1;
        }
        if (!/^\s*\/\/ "\*"/.test(lines[above] ?? '')) {
          bare.push(`${file}:${index + 1}`);
        }
      }
    }
  }
  assert.deepEqual(bare, []);
  assert.ok(found >= 7, `only ${found} found: has the way to write them changed?`);
});
