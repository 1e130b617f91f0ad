import { z } from 'zod';
import { MEMBER_ROLE } from '../names';
import {
  accountId,
  bucketName,
  email,
  externalId,
  keyPrefix,
  organizationalUnit,
  organizationId,
  policyName,
  region,
  roleName,
  topicArn,
} from './aws-names';
import { choice, field, flag, integer, integerOf, list, pattern, section } from './field';
import { policy } from './policy';
import { schedule } from './schedule';
import { timezone } from './timezone';

/** What CloudWatch Logs can keep, in days. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const FORMATS = ['jsonl', 'csv', 'html', 'json', 'parquet', 'ocsf', 'asff', 'sarif', 'junit', 'markdown'] as const;
const FREQUENCIES = ['One_Hour', 'Three_Hours', 'Six_Hours', 'Twelve_Hours', 'TwentyFour_Hours'] as const;

const home = section('Where the functions and the report are', {
  account: accountId('The account: the management account, a delegated administrator, or the only account'),
  region: region('The Region of the report, the schedule and the scanning function'),
});

const organization = section('The organization; only with mode `organization`', {
  id: organizationId('Its id'),
  managementAccount: accountId(
    'Its management account; another than `home.account` where that is a delegated administrator',
  ),
  organizationalUnits: list(
    'The units that are governed and scanned; the root stands for all',
    organizationalUnit('A unit'),
    1,
  ),
  excludedAccounts: list('Accounts that are left out', accountId('An account')).default([]),
});

const rule = section('The AWS Config rule', {
  name: pattern('Its name', '1–64 letters, digits, `-` and `_`', /[A-Za-z0-9_-]{1,64}/).default('ecr-encryption'),
  regions: list('The Regions that it governs; an empty list deploys no rule', region('A Region')),
  deployAs: choice('How it gets into the accounts: as a rule, or in a conformance pack', [
    'rule',
    'conformance-pack',
  ]).default('rule'),
  frequency: choice('How often it evaluates everything again', FREQUENCIES).default('TwentyFour_Hours'),
  invokePermission: choice(
    'Whom AWS Config may invoke the function for: any account (`service`), the accounts in `invokingAccounts`, or the ' +
      'organization (`organization`, of which AWS does not document that AWS Config supports it)',
    ['service', 'accounts', 'organization'],
  ).default('service'),
  invokingAccounts: list(
    'With invokePermission `accounts`: all accounts that the rule is in',
    accountId('An account'),
  ).default([]),
  memoryMiB: integer("The function's memory", 128, 10_240).default(128),
  timeoutSeconds: integer("The function's longest run", 30, 900).default(300),
  reservedConcurrency: integer(
    'How many instances may run at once; not given: no limit of its own',
    1,
    1_000,
  ).optional(),
});

const scan = section('The scan of everything, with the consolidated report', {
  schedule: schedule('When it runs').default({
    expression: 'cron(0 3 * * ? *)',
    longestGapHours: 24,
    shortestGapHours: 24,
  }),
  timezone: timezone('The time zone of the schedule').default('Etc/UTC'),
  regions: z
    .preprocess(
      (regions) => (regions === 'all' ? undefined : regions),
      list('The Regions that are scanned', region('A Region'), 1, '`all` that an account has enabled, or ').optional(),
    )
    .meta({
      editor: {
        description: 'The Regions that are scanned: `all` that an account has enabled, or a list',
        anyOf: [{ const: 'all' }, { type: 'array', minItems: 1, items: { type: 'string' } }],
      },
    }),
  formats: list('What is written beside the findings as JSON Lines', choice('A format', FORMATS), 1).default([
    'jsonl',
    'csv',
    'html',
  ]),
  source: choice('Where the repositories come from: ECR, AWS Config, or both, compared', [
    'api',
    'config',
    'both',
  ]).default('api'),
  templates: flag('Judge repository creation templates and pull-through cache rules too').default(false),
  securityHub: flag('Import the findings into Security Hub, in every account').default(false),
  maxRate: integer('Requests per second to one service in one Region of one account', 1, 10_000).optional(),
  memoryMiB: integer("The function's memory; 1,769 MiB are one CPU", 256, 10_240).default(1_769),
  storageMiB: integer('Room for the journal and the report until they are uploaded', 512, 10_240).default(4_096),
});

const memberRole = section('The role in every account', {
  name: roleName('Its name, path allowed').default(MEMBER_ROLE),
  externalId: externalId('What the scan must give to assume it').optional(),
  permissionsBoundary: policyName("A managed policy of each account that bounds the role's permissions").optional(),
});

const report = section('The bucket with the reports', {
  bucketName: bucketName('Its name; not given: CloudFormation chooses one').optional(),
  prefix: keyPrefix('What the keys of all objects begin with').default('ecr-encryption'),
  keepDays: integer('How long runs are kept; not given: for ever', 1, 36_500).optional(),
  noncurrentDays: integer('How long replaced and deleted versions are kept', 1, 36_500).default(30),
  accessLogs: flag('Keep logs of who reads it, in a bucket of their own').default(true),
  accessLogDays: integer('How long these logs are kept', 1, 36_500).default(365),
  objectLock: section('Nothing can be deleted or overwritten for some time; a bucket that has it never loses it', {
    mode: choice('Who may lift it: some (`governance`), or nobody (`compliance`)', ['governance', 'compliance']),
    days: integer('How long', 1, 36_500),
  }).optional(),
});

const notifications = section('Who is told', {
  emails: list('E-mail addresses', email('An address')).default([]),
  topicArns: list(
    'SNS topics that exist already, of any account; each hears what the stacks of its Region tell',
    topicArn('The ARN of a topic'),
  ).default([]),
  on: choice('When the scan tells: always, when something has changed, or when something is wrong', [
    'always',
    'change',
    'problem',
  ]).default('change'),
});

const code = section('The code of the functions', {
  architecture: choice('The processors they run on', ['arm64', 'x86_64']).default('arm64'),
  build: choice('Whether zip files are taken, or built with cargo-lambda at synth', ['zip', 'cargo']).default('zip'),
  ruleZip: field('The rule, as `make lambda` makes it', 'a path', (text) => text || undefined).default(
    '../target/lambda/ecr-encryption-rule.zip',
  ),
  scanZip: field('The scan, as `make lambda` makes it', 'a path', (text) => text || undefined).default(
    '../target/lambda/ecr-encryption.zip',
  ),
});

const logs = section('The logs of the functions', {
  days: integerOf('How long they are kept', LOG_DAYS).default(90),
  // At WARN, Lambda would drop the lines with the metrics.
  level: choice('How much they tell', ['INFO', 'DEBUG', 'TRACE']).default('INFO'),
});

const options = section('What can be left out', {
  athena: flag('A Glue table over the Parquet history, with an Athena workgroup and queries').default(false),
  configurationAggregator: flag('An AWS Config aggregator of the organization').default(false),
  dashboard: flag('A CloudWatch dashboard').default(true),
});

/** The configuration file. */
export const configurationSchema = section('What the CDK app of ecr-encryption deploys', {
  mode: choice('One account alone, or an organization', ['single-account', 'organization']),
  home,
  organization: organization.optional(),
  policy: policy.prefault({}),
  rule,
  scan: scan.prefault({}),
  memberRole: memberRole.prefault({}),
  report: report.prefault({}),
  notifications: notifications.prefault({}),
  code: code.prefault({}),
  logs: logs.prefault({}),
  options: options.prefault({}),
  permissionsBoundary: policyName("A managed policy of the home account that bounds the functions' roles").optional(),
  terminationProtection: flag('Whether the stacks are protected against deletion').default(true),
  tags: z
    .record(
      z.string(),
      pattern(
        'A value',
        'at most 256 letters, digits, spaces and `_ . : / = + - @`',
        /[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}/u,
      ),
      {
        error: 'a section with the tags',
      },
    )
    .meta({ description: 'Tags of everything that is deployed' })
    .default({}),
});

/** What the configuration file says, with defaults where it is silent. */
export type Configuration = z.output<typeof configurationSchema>;
