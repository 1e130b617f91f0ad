import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inAssemblies, run } from './support/python';
import { CDK, EXAMPLES, type Example, type Template } from './support/synthesise';

const README = readFileSync(join(CDK, 'README.md'), 'utf8');

/**
 * W3005, a dependency that a reference has already made, is the one check that is left out: the CDK makes such
 * dependencies itself, with each function that has a role.
 */
const CFN_LINT = ['--ignore-checks', 'W3005', '--format', 'parseable'];

/** The templates in a folder, and those that they carry, as files. */
function templates(folder: string): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.template.json'));
  const carried = files.flatMap((name) => {
    const { Resources }: Template = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    return Object.entries(Resources)
      .filter(([, { Properties }]) => Properties?.TemplateBody)
      .map(([id, { Properties }]) => {
        const file = `${name}.${id}.json`;
        writeFileSync(join(folder, file), Properties.TemplateBody);
        return file;
      });
  });
  return [...files, ...carried].map((name) => join(folder, name));
}

const REGIONS: [region: string, examples: Example[]][] = [
  ['eu-central-1', ['single-account', 'organization', 'delegated-administrator', 'organization-everything']],
  ['us-gov-west-1', ['govcloud']],
];

for (const [region, examples] of REGIONS) {
  test(`cfn-lint finds nothing in ${examples.join(', ')}`, () => {
    inAssemblies(examples, (folders) => {
      run('cfn-lint', [...CFN_LINT, '--regions', region, '--template', ...folders.flatMap(templates)]);
    });
  });
}

test('a new name makes a new bucket, and Object Lock is turned on in place: as README.md tells', () => {
  const [told = ''] =
    /A change of `report\.bucketName` makes a new bucket; .*? Object Lock off no more/s.exec(README) ?? [];
  assert.match(told, /`report\.objectLock` on makes none: the bucket\s+that is there is locked in place/);
  // What CloudFormation replaces a bucket for.
  const program = `import json
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as schemas
print(json.dumps(schemas.get_resource_schema("eu-central-1", "AWS::S3::Bucket").schema["createOnlyProperties"]))`;
  const replacing: string[] = JSON.parse(run('python', ['-c', program]));
  assert.ok(replacing.includes('/properties/BucketName'));
  assert.deepEqual(
    replacing.filter((path) => path.includes('ObjectLock')),
    [],
  );
});

test('every example is linted', () => {
  assert.deepEqual(REGIONS.flatMap(([, examples]) => examples).sort(), [...EXAMPLES].sort());
});

test('cfn-lint would find something', () => {
  inAssemblies(['single-account'], ([folder = '']) => {
    const file = join(folder, 'EcrEncryption.template.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"Timeout": 900', '"Timeout": 901'));
    assert.throws(() => run('cfn-lint', [...CFN_LINT, '--regions', 'eu-central-1', '--template', file]), /901/);
  });
});
