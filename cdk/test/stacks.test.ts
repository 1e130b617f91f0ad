import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from '../lib/configuration/load';
import { layerFiles } from '../lib/constructs/policy-layer';
import { EXAMPLES, example, exampleText, ofType, only, type Template, text } from './support/synthesise';

const RULE_STACK = 'EcrEncryptionRule-eu-central-1';

function properties(template: Template | undefined, type: string) {
  return only(template, type).Properties;
}

test('an organization gets a stack for access, one for the scan, and one for each governed Region', () => {
  assert.deepEqual(Object.keys(example('organization')).sort(), [
    'EcrEncryptionAccess',
    'EcrEncryptionAggregator',
    RULE_STACK,
    'EcrEncryptionRule-us-east-1',
  ]);
});

test('a delegated administrator gets the role into the management account, where that is governed', () => {
  assert.ok(example('delegated-administrator').EcrEncryptionManagementRole);
  const leftOut = example('delegated-administrator', ['[r-ab12]', '[r-ab12]\n  excludedAccounts: [111122223333]']);
  // It stands in the root.
  const ofUnits = example('delegated-administrator', ['[r-ab12]', '[ou-ab12-11111111]']);
  for (const templates of [leftOut, ofUnits]) {
    assert.equal(templates.EcrEncryptionManagementRole, undefined);
    assert.ok(templates.EcrEncryptionAccess);
  }
});

test('the management account is not left out of a StackSet, which never reaches it', () => {
  const targets = (excluded: string) =>
    Object.values(example('organization-everything', ['[012345678901]', excluded])).flatMap((template) =>
      Object.values(ofType(template, 'AWS::CloudFormation::StackSet')).map(
        ({ Properties }) => Properties.StackInstancesGroup[0].DeploymentTargets,
      ),
    );
  for (const { OrganizationalUnitIds, ...others } of targets('[111122223333]')) {
    assert.deepEqual([OrganizationalUnitIds.length, others], [2, {}]);
  }
  const both = targets('[111122223333, 012345678901]');
  assert.deepEqual(
    both.map(({ AccountFilterType, Accounts }) => [AccountFilterType, Accounts]),
    both.map(() => ['DIFFERENCE', ['012345678901']]),
  );
  assert.equal(both.length, 3);
  // The scan reaches it.
  const text = exampleText('organization-everything', ['[012345678901]', '[111122223333]']);
  assert.equal(layerFiles(parseConfiguration(text))['excluded-accounts.txt'], '111122223333\n');
});

test('a single account gets one stack, and one for each other Region', () => {
  assert.deepEqual(Object.keys(example('single-account')), ['EcrEncryption']);
  const two = example('single-account', ['regions: [eu-central-1]', 'regions: [eu-central-1, us-east-1]']);
  assert.deepEqual(Object.keys(two), ['EcrEncryption', 'EcrEncryptionRule-us-east-1']);
  const none = example('single-account', ['regions: [eu-central-1]', 'regions: []']);
  assert.deepEqual(ofType(none.EcrEncryption, 'AWS::Config::ConfigRule'), {});
});

test('the rule of an organization has both triggers, and is scoped to repositories and keys', () => {
  const rule = properties(example('organization')[RULE_STACK], 'AWS::Config::OrganizationConfigRule');
  const { LambdaFunctionArn: _, Description: __, ...metadata } = rule.OrganizationCustomRuleMetadata;
  assert.deepEqual(metadata, {
    InputParameters: '{"executionRoleName":"EcrEncryptionAudit"}',
    MaximumExecutionFrequency: 'TwentyFour_Hours',
    OrganizationConfigRuleTriggerTypes: [
      'ConfigurationItemChangeNotification',
      'OversizedConfigurationItemChangeNotification',
      'ScheduledNotification',
    ],
    ResourceTypesScope: ['AWS::ECR::Repository', 'AWS::KMS::Key'],
  });
});

test('the rule of a single account has both triggers, and assumes no role', () => {
  const rule = properties(example('single-account').EcrEncryption, 'AWS::Config::ConfigRule');
  assert.deepEqual(rule.Scope, { ComplianceResourceTypes: ['AWS::ECR::Repository', 'AWS::KMS::Key'] });
  assert.equal(rule.InputParameters, undefined);
  assert.deepEqual(
    rule.Source.SourceDetails.map(({ MessageType }: { MessageType: string }) => MessageType),
    ['ConfigurationItemChangeNotification', 'OversizedConfigurationItemChangeNotification', 'ScheduledNotification'],
  );
});

test('of some units, the rule gets into the accounts by a StackSet, with the function of the Region', () => {
  const stack = example('organization-everything')[RULE_STACK];
  const stackSet = properties(stack, 'AWS::CloudFormation::StackSet');
  assert.deepEqual(stackSet.StackInstancesGroup, [
    {
      DeploymentTargets: {
        AccountFilterType: 'DIFFERENCE',
        Accounts: ['012345678901'],
        OrganizationalUnitIds: ['ou-ab12-11111111', 'ou-ab12-22222222'],
      },
      Regions: [{ Ref: 'AWS::Region' }],
    },
  ]);
  assert.equal(stackSet.CallAs, 'DELEGATED_ADMIN');
  const body = JSON.parse(stackSet.TemplateBody);
  const { Properties } = only(body, 'AWS::Config::ConfigRule');
  assert.deepEqual(Properties.Source.SourceIdentifier, { Ref: stackSet.Parameters[0].ParameterKey });
  assert.match(text(stackSet.Parameters[0].ParameterValue), /^<RuleFunction\w+\.Arn>$/);
  assert.equal(Properties.InputParameters.kmsKeyAccountIds, '444455556666');
});

test('a conformance pack has the same rule', () => {
  const pack = properties(
    example('govcloud')['EcrEncryptionRule-us-gov-west-1'],
    'AWS::Config::OrganizationConformancePack',
  );
  const { Properties } = only(JSON.parse(pack.TemplateBody), 'AWS::Config::ConfigRule');
  assert.deepEqual(Properties.InputParameters, { executionRoleName: 'EcrEncryptionAudit', requireDualLayer: 'true' });
  assert.equal(pack.ConformancePackInputParameters[0].ParameterName, 'RuleFunctionArn');
  const alone = example('single-account', [
    'regions: [eu-central-1]',
    'regions: [eu-central-1]\n  deployAs: conformance-pack',
  ]);
  only(
    JSON.parse(properties(alone.EcrEncryption, 'AWS::Config::ConformancePack').TemplateBody),
    'AWS::Config::ConfigRule',
  );
});

test('functions run on Amazon Linux 2023, keep what they failed at, and log as JSON for some time', () => {
  for (const name of EXAMPLES) {
    for (const template of Object.values(example(name))) {
      for (const { Properties } of Object.values(ofType(template, 'AWS::Lambda::Function'))) {
        assert.deepEqual([Properties.Runtime, Properties.Handler], ['provided.al2023', 'bootstrap']);
        assert.match(text(Properties.DeadLetterConfig.TargetArn), /DeadLetters\w+\.Arn>$/);
        assert.equal(Properties.LoggingConfig.LogFormat, 'JSON');
        assert.ok(
          ['INFO', 'DEBUG', 'TRACE'].includes(Properties.LoggingConfig.ApplicationLogLevel),
          'metrics are not dropped',
        );
      }
      for (const { Properties } of Object.values(ofType(template, 'AWS::Logs::LogGroup'))) {
        assert.ok(Properties.RetentionInDays);
      }
    }
  }
});

test('the scan is told what to do by environment variables', () => {
  const everything = Object.values(
    ofType(example('organization-everything').EcrEncryptionAggregator, 'AWS::Lambda::Function'),
  )[0];
  const variables = Object.entries(everything?.Properties.Environment.Variables).map(([name, value]) => [
    name.replace(/^ECR_ENCRYPTION_/, ''),
    text(value).replace(/[0-9A-F]{8}(?=[.>])/g, ''),
  ]);
  assert.deepEqual(Object.fromEntries(variables), {
    OUTPUT: 's3://<AggregatorReportBucket>/ecr',
    FORMAT: 'jsonl,csv,html,parquet,ocsf',
    WORK_DIR: '/tmp/work',
    S3_KMS_KEY: '<AggregatorReportKey.Arn>',
    S3_BUCKET_OWNER: '222233334444',
    KEEP_DAYS: '400',
    POLICY: '/opt/ecr-encryption/policy.toml',
    REGIONS: 'eu-central-1,eu-west-1,us-east-1',
    ORGANIZATIONAL_UNITS: '@/opt/ecr-encryption/organizational-units.txt',
    EXCLUDE_ACCOUNTS: '@/opt/ecr-encryption/excluded-accounts.txt',
    ROLE_NAME: 'security/EcrAudit',
    EXTERNAL_ID: 'ecr-encryption-2026',
    SOURCE: 'both',
    CONFIG_AGGREGATOR: 'ecr-encryption',
    CONFIG_REGION: 'eu-central-1',
    INCLUDE: 'templates',
    MAX_RATE: '5',
    SECURITY_HUB: 'true',
    NOTIFY: 'sns:<AggregatorTopic> sns:arn:aws:sns:eu-central-1:444455556666:platform-alarms',
    NOTIFY_ON: 'problem',
  });
  const alone = properties(example('single-account').EcrEncryption, 'AWS::Scheduler::Schedule');
  assert.equal(alone.Target.Input, '{"resume":true}');
});

test('a single account scans itself, and no organization', () => {
  const functions = Object.values(ofType(example('single-account').EcrEncryption, 'AWS::Lambda::Function'));
  const scan = functions.find(({ Properties }) => Properties.Environment)?.Properties;
  assert.equal(scan.Environment.Variables.ECR_ENCRYPTION_ACCOUNTS, '111122223333');
  assert.equal(scan.Environment.Variables.ECR_ENCRYPTION_ROLE_NAME, undefined);
  assert.deepEqual([scan.Timeout, scan.MemorySize, scan.EphemeralStorage.Size], [900, 1769, 4096]);
});

test('a run is not tried again by Lambda, and not handed over twice', () => {
  const invocation = properties(example('single-account').EcrEncryption, 'AWS::Lambda::EventInvokeConfig');
  assert.equal(invocation.MaximumRetryAttempts, 0);
  const schedule = properties(example('organization-everything').EcrEncryptionAggregator, 'AWS::Scheduler::Schedule');
  assert.deepEqual(
    [schedule.ScheduleExpression, schedule.ScheduleExpressionTimezone, schedule.FlexibleTimeWindow.Mode],
    ['cron(30 2 ? * MON-FRI *)', 'Europe/Berlin', 'OFF'],
  );
});

test('Athena reads every run by its date, without a crawler', () => {
  const stack = example('organization-everything').EcrEncryptionAggregator;
  const { TableInput } = properties(stack, 'AWS::Glue::Table');
  assert.match(
    text(TableInput.Parameters['storage.location.template']),
    /^s3:\/\/<AggregatorReportBucket\w+>\/ecr\/parquet\/scan_date=\$\{scan_date\}\/$/,
  );
  assert.deepEqual(TableInput.PartitionKeys, [{ Name: 'scan_date', Type: 'date' }]);
  const columns = Object.fromEntries(
    TableInput.StorageDescriptor.Columns.map(({ Name, Type }: Record<string, string>) => [Name, Type]),
  );
  assert.deepEqual(
    [columns.remediation, columns.open_since, columns.exempt_until],
    ['array<string>', 'timestamp', 'date'],
  );
  const { WorkGroupConfiguration } = properties(stack, 'AWS::Athena::WorkGroup');
  assert.equal(WorkGroupConfiguration.EnforceWorkGroupConfiguration, true);
  assert.equal(Object.keys(ofType(stack, 'AWS::Athena::NamedQuery')).length, 6);
});

test('the aggregator of AWS Config sees the whole organization', () => {
  const stack = example('organization-everything').EcrEncryptionAggregator;
  const { OrganizationAggregationSource } = properties(stack, 'AWS::Config::ConfigurationAggregator');
  assert.equal(OrganizationAggregationSource.AllAwsRegions, true);
});
