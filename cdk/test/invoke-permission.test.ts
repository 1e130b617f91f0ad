import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Example, example, ofType, only, type Template } from './support/synthesise';

const RULE_STACK = 'EcrEncryptionRule-eu-central-1';

function ruleStack(name: Example, ...changes: [from: string, to: string][]): Template | undefined {
  return example(name, ...changes)[RULE_STACK];
}

const BY_ACCOUNTS: [string, string] = [
  'rule:',
  'rule:\n  invokePermission: accounts\n  invokingAccounts: [111122223333, 444455556666]',
];

test('AWS Config may invoke the function: for the account alone, where there is one', () => {
  const permissions = Object.values(ofType(example('single-account').EcrEncryption, 'AWS::Lambda::Permission'));
  const [permission, ...others] = permissions.filter(
    ({ Properties }) => Properties.Principal === 'config.amazonaws.com',
  );
  assert.deepEqual([permission?.Properties.SourceAccount, others], ['111122223333', []]);
});

test('AWS Config may invoke the function: for whatever account, unless the configuration narrows it', () => {
  const { Properties } = only(ruleStack('organization'), 'AWS::Lambda::Permission');
  assert.deepEqual([Properties.Principal, Properties.SourceAccount], ['config.amazonaws.com', undefined]);
  const condition = (template: Template | undefined) =>
    only(template, 'AWS::Lambda::ResourcePolicy').Properties.PolicyDocument.Statement[0].Condition;
  assert.deepEqual(condition(ruleStack('organization', BY_ACCOUNTS)), {
    StringEquals: { 'aws:SourceAccount': ['111122223333', '444455556666'] },
  });
  const byOrganization = ruleStack('organization-everything');
  assert.deepEqual(condition(byOrganization), { StringEquals: { 'aws:SourceOrgID': 'o-a1b2c3d4e5' } });
  assert.deepEqual(ofType(byOrganization, 'AWS::Lambda::Permission'), {});
});

test('a change back to `service` does not take away what it adds', () => {
  for (const stack of [ruleStack('organization', BY_ACCOUNTS), ruleStack('organization-everything')]) {
    const { DeletionPolicy, UpdateReplacePolicy } = only(stack, 'AWS::Lambda::ResourcePolicy');
    assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['Retain', 'Retain']);
  }
  // Removing this one takes its own statement alone.
  assert.equal(only(ruleStack('organization'), 'AWS::Lambda::Permission').DeletionPolicy, undefined);
});

test('AWS Config is asked to use the function only after it may', () => {
  for (const [name, type] of [
    ['organization', 'AWS::Config::OrganizationConfigRule'],
    ['organization-everything', 'AWS::CloudFormation::StackSet'],
  ] as const) {
    const { DependsOn } = only(ruleStack(name), type);
    assert.ok(
      DependsOn?.some((id) => id.startsWith('RuleInvokePermission')),
      name,
    );
  }
});
