import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
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

test('the function may read the policy file, whatever the umask of who deploys it', () => {
  const before = process.umask(0o077);
  try {
    withAssembly(exampleText('single-account'), ({ directory }) => {
      const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('policy.toml'),
      );
      assert.equal(files.length, 1);
      const file = join(directory, files[0] ?? '');
      // The mode that the zip file gets; it holds files alone, no folders.
      assert.equal((statSync(file).mode & 0o777).toString(8), '644');
      assert.equal(readFileSync(file, 'utf8'), policyFile(parseConfiguration(exampleText('single-account')).policy));
    });
  } finally {
    process.umask(before);
  }
});
