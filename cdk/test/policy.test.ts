import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseConfiguration } from '../lib/configuration/load';
import { policyFile, ruleParameters } from '../lib/configuration/policy';
import { exampleText, withAssembly } from './support/synthesise';

test('the policy reaches the rule as parameters and the scan as a file', () => {
  const { policy } = parseConfiguration(exampleText('organization-everything'));
  assert.deepEqual(ruleParameters(policy, 'security/EcrAudit'), {
    desiredEncryptionLevel: 'externalcmk',
    kmsKeyArns: 'arn:aws:kms:*:444455556666:key/*',
    kmsKeyAccountIds: '444455556666',
    requireDualLayer: 'false',
    requireUsableKey: 'proven',
    exemptRepositoryNames: 'sandbox/*',
    exemptTagKey: 'encryption-exempt',
    undeterminedCompliance: 'NOT_APPLICABLE',
    executionRoleName: 'security/EcrAudit',
  });
  assert.equal(
    policyFile(policy),
    `desired_encryption_level = "externalcmk"
kms_key_arns = ["arn:aws:kms:*:444455556666:key/*"]
kms_key_account_ids = ["444455556666"]
require_dual_layer = false
require_usable_key = "proven"
exempt_repository_names = ["sandbox/*"]
exempt_tag_key = "encryption-exempt"
undetermined_compliance = "NOT_APPLICABLE"

[[override]]
name = "card-data"
organizational_units = ["Root/Workloads/Prod"]
repositories = ["payments/*"]
desired_encryption_level = "cloudhsm"

[[override]]
name = "laboratory"
accounts = ["555566667777"]
regions = ["us-east-1"]
require_usable_key = false
`,
  );
});

test('the function may read the files of the layer, whatever the umask of who deploys it', () => {
  const text = exampleText('organization-everything', ['[012345678901]', '[012345678901, 777788889999]']);
  const expected = {
    'excluded-accounts.txt': '012345678901\n777788889999\n',
    'organizational-units.txt': 'ou-ab12-11111111\nou-ab12-22222222\n',
    'policy.toml': policyFile(parseConfiguration(text).policy),
  };
  const before = process.umask(0o077);
  try {
    const found = layerOf(text);
    assert.deepEqual(Object.fromEntries(found.map(({ name, content }) => [name, content])), expected);
    // The modes that the zip file gets; it holds files alone, no folders.
    assert.deepEqual(
      found.map(({ mode }) => mode),
      found.map(() => '644'),
    );
  } finally {
    process.umask(before);
  }
});

test('a list without an item has no file, which the scan would refuse', () => {
  for (const example of ['single-account', 'organization'] as const) {
    assert.deepEqual(
      layerOf(exampleText(example)).map(({ name }) => name),
      ['policy.toml'],
    );
  }
});

/** The files of the layer, in the order of their names. */
function layerOf(text: string) {
  return withAssembly(text, ({ directory }) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((path) => basename(dirname(path)) === 'ecr-encryption' && statSync(join(directory, path)).isFile())
      .sort()
      .map((path) => ({
        name: basename(path),
        content: readFileSync(join(directory, path), 'utf8'),
        mode: (statSync(join(directory, path)).mode & 0o777).toString(8),
      })),
  );
}
