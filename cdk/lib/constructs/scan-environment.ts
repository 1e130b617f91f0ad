import type { Check } from '../configuration/problem';
import type { Configuration } from '../configuration/schema';
import { topicArnsIn } from '../configuration/topics';
import { entersAccounts } from '../permissions';
import { CONFIGURATION_AGGREGATOR } from './configuration-aggregator';
import { EXCLUDED_ACCOUNTS, LAYER_FOLDER, layerFiles, POLICY, UNITS } from './policy-layer';

/** What Lambda takes, of all variables together. */
const MOST_BYTES = 4_096;

/** At least as long as the longest that CloudFormation puts in here: a bucket's name, the ARN of a key or of a topic. */
const LONGEST_NAME = 'x'.repeat(128);

/** What only CloudFormation knows. */
interface Deployed {
  /** Where the reports go, as the scan takes it. */
  readonly location: string;
  readonly keyArn: string;
  /** Our own first. */
  readonly topicArns: readonly string[];
}

/** The command line's flags. What is not given is left to its defaults. */
export function scanEnvironment(configuration: Configuration, deployed: Deployed): Record<string, string> {
  const { memberRole, mode, home, notifications, scan } = configuration;
  const files = layerFiles(configuration);
  const isOrganization = mode === 'organization';
  const enters = entersAccounts(configuration);
  const flags: Record<string, string | number | boolean | undefined> = {
    OUTPUT: deployed.location,
    FORMAT: scan.formats.join(','),
    WORK_DIR: '/tmp/work',
    S3_KMS_KEY: deployed.keyArn,
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
    NOTIFY: deployed.topicArns.map((arn) => `sns:${arn}`).join(' '),
    NOTIFY_ON: notifications.on,
  };
  return Object.fromEntries(
    Object.entries(flags).flatMap(([flag, value]) =>
      value === undefined ? [] : [[`ECR_ENCRYPTION_${flag}`, String(value)]],
    ),
  );
}

/** Lists can be longer than all variables may be together, so they are in files. */
function inFile(files: Record<string, string>, name: string): string | undefined {
  return name in files ? `@${LAYER_FOLDER}/${name}` : undefined;
}

/** What Lambda would refuse is told before. */
export const environmentFits: Check = (configuration) => {
  const tooLong = environmentTooLong(
    scanEnvironment(configuration, {
      location: `s3://${LONGEST_NAME}/${configuration.report.prefix}`,
      keyArn: LONGEST_NAME,
      topicArns: [LONGEST_NAME, ...topicArnsIn(configuration, configuration.home.region)],
    }),
  );
  return tooLong === undefined ? [] : [{ path: [], message: tooLong }];
};

/** What is wrong with the length of the variables, and the way out. Lambda measures them as JSON. */
export function environmentTooLong(variables: Record<string, string>): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(variables));
  if (bytes <= MOST_BYTES) {
    return undefined;
  }
  const longest = Object.entries(variables)
    .sort(([, one], [, other]) => other.length - one.length)
    .slice(0, 3);
  return (
    `the scan's environment variables have up to ${bytes.toLocaleString('en-US')} bytes as JSON; ` +
    `allowed by Lambda: ${MOST_BYTES.toLocaleString('en-US')}, with a shorter \`memberRole.externalId\` or \`memberRole.name\`, ` +
    `fewer \`scan.regions\` or \`notifications.topicArns\`. The longest are ${longest.map(([name, value]) => `${name} with ${value.length.toLocaleString('en-US')}`).join(', ')}`
  );
}
