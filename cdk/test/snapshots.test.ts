import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { matchesSnapshot, normalised } from './support/snapshot';
import { EXAMPLES, example, exampleText, ofType, withAssembly } from './support/synthesise';

for (const name of EXAMPLES) {
  test(`the templates of ${name} are as they were`, () => {
    for (const [stack, template] of Object.entries(example(name))) {
      matchesSnapshot(`${name}/${stack}`, normalised(template));
    }
  });
}

/** A changed id makes CloudFormation delete a resource and make another one. */
test('logical ids are stable', () => {
  const ids = EXAMPLES.map((name) => [
    name,
    Object.fromEntries(
      Object.entries(example(name)).map(([stack, { Resources }]) => [
        stack,
        Object.fromEntries(
          Object.entries(Resources)
            .map(([id, { Type }]) => [id, Type])
            .sort(),
        ),
      ]),
    ),
  ]);
  matchesSnapshot('logical-ids', Object.fromEntries(ids));
});

test('what holds data outlives its stack', () => {
  for (const name of EXAMPLES) {
    const kept = Object.values(example(name)).flatMap((template) =>
      Object.entries(template.Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain'),
    );
    const types = kept.map(([, { Type, UpdateReplacePolicy }]) => `${Type} ${UpdateReplacePolicy}`).sort();
    // Each with its policy, without which it would be asked for without TLS too.
    const buckets = name === 'govcloud' ? 1 : 2;
    const ofBuckets = ['AWS::S3::Bucket Retain', 'AWS::S3::BucketPolicy Retain'];
    const bucketResources = ofBuckets.flatMap((one) => Array(buckets).fill(one));
    // No data, but what removing it would take along: see `invoke-permission.ts`.
    const policies = Object.values(example(name)).flatMap((template) =>
      Object.keys(ofType(template, 'AWS::Lambda::ResourcePolicy')).map(() => 'AWS::Lambda::ResourcePolicy Retain'),
    );
    assert.deepEqual(types, ['AWS::KMS::Key Retain', ...policies, ...bucketResources], name);
  }
});

test('synthesising twice gives the same files, byte for byte', () => {
  const files = () =>
    withAssembly(exampleText('organization-everything'), ({ directory }) =>
      Object.fromEntries(
        readdirSync(directory, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => join(parentPath, name))
          .map((file) => [
            file.slice(directory.length),
            readFileSync(file, 'latin1').replaceAll(directory, 'DIRECTORY'),
          ])
          .sort(),
      ),
    );
  // From one line, because the assembly notes who made it.
  const [first, second] = [1, 2].map(files);
  assert.ok(Object.keys(first ?? {}).length > 10);
  assert.deepEqual(second, first);
});
