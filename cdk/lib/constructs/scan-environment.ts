import { Tokenization } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { ConfigurationError } from '../configuration/configuration-error';
import type { Configuration } from '../configuration/schema';
import { entersAccounts } from '../permissions';
import { CONFIGURATION_AGGREGATOR } from './configuration-aggregator';
import { EXCLUDED_ACCOUNTS, LAYER_FOLDER, layerFiles, POLICY, UNITS } from './policy-layer';
import type { ReportBucket } from './report-bucket';

/** What Lambda takes, of all variables together. */
const MOST_BYTES = 4_096;

/** At least as long as what CloudFormation puts in place of a reference: see `environmentTooLong`. */
const LONGEST_TOKEN = 128;

/** The command line's flags. What is not given is left to its defaults. */
export function scanEnvironment(
  configuration: Configuration,
  report: ReportBucket,
  topic: ITopic,
): Record<string, string> {
  const { memberRole, mode, home, notifications, scan } = configuration;
  const files = layerFiles(configuration);
  const isOrganization = mode === 'organization';
  const enters = entersAccounts(configuration);
  const flags: Record<string, string | number | boolean | undefined> = {
    OUTPUT: report.location,
    FORMAT: scan.formats.join(','),
    WORK_DIR: '/tmp/work',
    S3_KMS_KEY: report.key.keyArn,
    S3_BUCKET_OWNER: home.account,
    KEEP_DAYS: configuration.report.keepDays,
    POLICY: `${LAYER_FOLDER}/${POLICY}`,
    REGIONS: scan.regions?.join(',') ?? 'all',
    // Without an organization, or without being allowed to read it, the account alone is the whole of it.
    ACCOUNTS: isOrganization ? undefined : home.account,
    ORGANIZATIONAL_UNITS: inFile(files, UNITS),
    EXCLUDE_ACCOUNTS: inFile(files, EXCLUDED_ACCOUNTS),
    ROLE_NAME: enters ? memberRole.name : undefined,
    EXTERNAL_ID: enters ? memberRole.externalId : undefined,
    SOURCE: scan.source === 'api' ? undefined : scan.source,
    CONFIG_AGGREGATOR: scan.source === 'api' ? undefined : CONFIGURATION_AGGREGATOR,
    CONFIG_REGION: scan.source === 'api' ? undefined : home.region,
    INCLUDE: scan.templates ? 'templates' : undefined,
    MAX_RATE: scan.maxRate,
    SECURITY_HUB: scan.securityHub ? true : undefined,
    NOTIFY: `sns:${topic.topicArn}`,
    NOTIFY_ON: notifications.on,
  };
  const variables = Object.fromEntries(
    Object.entries(flags).flatMap(([flag, value]) =>
      value === undefined ? [] : [[`ECR_ENCRYPTION_${flag}`, String(value)]],
    ),
  );
  const problem = environmentTooLong(variables);
  if (problem !== undefined) {
    throw new ConfigurationError([problem]);
  }
  return variables;
}

/** Lists can be longer than all variables may be together, so they are in files. */
function inFile(files: Record<string, string>, name: string): string | undefined {
  return name in files ? `@${LAYER_FOLDER}/${name}` : undefined;
}

/**
 * What is wrong with the length of the variables, and the way out. Lambda measures them as JSON. What CloudFormation puts in
 * counts as the longest that it can be here: a bucket's name, the ARN of a key or of a topic.
 */
export function environmentTooLong(variables: Record<string, string>): string | undefined {
  const written = Object.entries(variables).map(([name, value]) => [name, withoutTokens(value)] as const);
  const bytes = Buffer.byteLength(JSON.stringify(Object.fromEntries(written)));
  if (bytes <= MOST_BYTES) {
    return undefined;
  }
  const longest = written.sort(([, one], [, other]) => other.length - one.length).slice(0, 3);
  return (
    `the scan's environment variables have up to ${bytes.toLocaleString('en-US')} bytes as JSON; ` +
    `allowed by Lambda: ${MOST_BYTES.toLocaleString('en-US')}, with a shorter \`memberRole.externalId\` or \`memberRole.name\`, ` +
    `or fewer \`scan.regions\`. The longest are ${longest.map(([name, value]) => `${name} with ${value.length.toLocaleString('en-US')}`).join(', ')}`
  );
}

function withoutTokens(value: string): string {
  return Tokenization.reverseString(value)
    .mapTokens({ mapToken: () => 'x'.repeat(LONGEST_TOKEN) })
    .join({ join: (left, right) => `${left}${right}` });
}
