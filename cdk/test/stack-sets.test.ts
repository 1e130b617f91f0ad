import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CDK, example, ofType } from './support/synthesise';

/** The StackSets of an organization of which some units are governed: the role's, and the rule's of every Region. */
const STACK_SETS = Object.values(example('organization-everything')).flatMap((template) =>
  Object.values(ofType(template, 'AWS::CloudFormation::StackSet')).map(({ Properties }) => Properties),
);

test('the role and the rule of units get into the accounts by StackSets', () => {
  assert.deepEqual(STACK_SETS.map(({ StackSetName }) => StackSetName).sort(), [
    'EcrEncryptionMemberRole',
    'EcrEncryptionRule-eu-central-1',
    'EcrEncryptionRule-us-east-1',
  ]);
});

/** How many accounts may fail: AWS rounds down. */
function tolerated(percentage: number, accounts: number): number {
  return Math.floor((percentage * accounts) / 100);
}

for (const accounts of [1, 2, 3, 10, 11, 100, 1_000, 10_000]) {
  test(`of ${accounts} accounts, some may refuse a stack, and not all`, () => {
    for (const { OperationPreferences, StackSetName } of STACK_SETS) {
      const { FailureTolerancePercentage, FailureToleranceCount, ConcurrencyMode } = OperationPreferences;
      assert.equal(FailureToleranceCount, undefined, 'a number of accounts fits one organization only');
      assert.ok(tolerated(FailureTolerancePercentage, accounts) < accounts, `${StackSetName} succeeds nowhere`);
      if (accounts > 1) {
        assert.ok(tolerated(FailureTolerancePercentage, accounts) >= 1, `one account fails ${StackSetName}`);
      }
      assert.equal(ConcurrencyMode, 'SOFT_FAILURE_TOLERANCE');
    }
  });
}

test('how to see and mend an account that a StackSet has lost is told, for every StackSet', () => {
  const readme = readFileSync(join(CDK, 'README.md'), 'utf8');
  const open = readme.slice(readme.indexOf('### What only a real account can show'));
  assert.match(open, /aws cloudformation list-stack-instances .*--stack-set-name STACK_SET/);
  assert.match(open, /aws cloudformation update-stack-instances .*--stack-set-name STACK_SET/);
  for (const { StackSetName } of STACK_SETS) {
    const named = StackSetName.replace(/-.*/, '-REGION');
    assert.ok(open.includes(`\`${named}\``), named);
  }
});
