import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { CfnResourcePolicy } from 'aws-cdk-lib/aws-lambda';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { mostStatements, WITHOUT_RESOURCE_POLICY } from '../lib/configuration/function-policy';
import { problems } from './support/refusal';
import {
  CDK,
  type Example,
  example,
  exampleText,
  ofType,
  only,
  type Template,
  withAssembly,
} from './support/synthesise';

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

test('the Regions without a whole policy are those of which the CDK knows it', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'ecr-encryption-regions-'));
  after(() => rmSync(outdir, { recursive: true }));
  const app = new App({ outdir, analyticsReporting: false, treeMetadata: false });
  for (const { name } of RegionInfo.regions) {
    const stack = new Stack(app, name, { env: { account: '111122223333', region: name }, analyticsReporting: false });
    new CfnResourcePolicy(stack, 'Policy', { resourceArn: 'arn:x', policyDocument: {} });
  }
  app.synth();
  const report = readFileSync(join(outdir, 'validation-report.json'), 'utf8');
  const lacking = [...report.matchAll(/'AWS::Lambda::ResourcePolicy' does not exist in '([^']+)'/g)];
  assert.deepEqual([...new Set(lacking.map(([, region]) => region))].sort(), WITHOUT_RESOURCE_POLICY);
});

function govCloud(invokePermission: string, accounts: number): string {
  const ids = Array.from({ length: accounts }, (_, n) => String(100_000_000_000 + n));
  const invokingAccounts = accounts > 0 ? `\n  invokingAccounts: [${ids.join(', ')}]` : '';
  return exampleText('govcloud', ['rule:', `rule:\n  invokePermission: ${invokePermission}${invokingAccounts}`]);
}

const MOST = mostStatements('us-gov-west-1');

test('where a whole policy cannot be deployed, each account has a statement, as many as fit', () => {
  const report = withAssembly(govCloud('accounts', MOST), ({ directory, stacksRecursively }) => {
    for (const { stackName, template } of stacksRecursively.filter(({ stackName }) => stackName.includes('Rule'))) {
      const permissions = Object.values(ofType(template, 'AWS::Lambda::Permission')).map(
        ({ Properties }) => Properties,
      );
      assert.equal(new Set(permissions.map(({ SourceAccount }) => SourceAccount)).size, MOST, stackName);
      assert.ok(
        permissions.every(({ Principal, SourceAccount }) => Principal === 'config.amazonaws.com' && SourceAccount),
      );
      assert.deepEqual(ofType(template, 'AWS::Lambda::ResourcePolicy'), {});
    }
    return readFileSync(join(directory, 'validation-report.json'), 'utf8');
  });
  assert.doesNotMatch(report, /does not exist in/);
});

test('as many statements as are allowed have room in the policy of a function', () => {
  // As Lambda writes one, with a statement id and a function's name as long as CloudFormation makes them.
  const statement = `{"Sid":"${'x'.repeat(100)}","Effect":"Allow","Principal":{"Service":"config.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:${'x'.repeat(64)}","Condition":{"StringEquals":{"AWS:SourceAccount":"111122223333"}}}`;
  const bytes = (count: number) =>
    `{"Version":"2012-10-17","Id":"default","Statement":[${Array(count).fill(statement).join(',')}]}`.length;
  assert.ok(bytes(MOST) <= 20_480 && bytes(MOST + 1) > 20_480, `${MOST}: ${bytes(MOST)}`);
});

test('how many fit is told', () => {
  const readme = readFileSync(join(CDK, 'README.md'), 'utf8').replaceAll('\n', ' ');
  assert.ok(readme.includes(`\`accounts\` takes up to ${Math.min(...WITHOUT_RESOURCE_POLICY.map(mostStatements))},`));
});

test('more accounts than fit are refused, with the way out', () => {
  const [told = '', ...others] = problems(govCloud('accounts', MOST + 1));
  assert.deepEqual(others, []);
  assert.match(
    told,
    /^line 14: `rule.invokingAccounts` has 50 accounts; allowed in us-gov-east-1, us-gov-west-1, where each takes a statement of the function's policy: 49, or `rule.invokePermission: service`$/,
  );
});

test('the organization is refused where it cannot be deployed, with what can', () => {
  const [told = '', ...others] = problems(govCloud('organization', 0));
  assert.deepEqual(others, []);
  assert.match(
    told,
    /^line 13: `rule.invokePermission` is `organization`, which CloudFormation cannot deploy in us-gov-east-1, us-gov-west-1; allowed there: `service`, or `accounts` with at most 49 of them$/,
  );
});
