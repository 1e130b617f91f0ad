import { CfnOutput, Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ApplicationLogLevel, type Function as LambdaFunction, LoggingFormat } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { governedUnits } from '../configuration/cross-checks';
import type { Configuration } from '../configuration/schema';
import { entersAccounts } from '../permissions';
import { CONFIGURATION_AGGREGATOR } from './configuration-aggregator';
import { DeadLetterQueue } from './dead-letter-queue';
import { FunctionAlarms } from './function-alarms';
import { POLICY_PATH, PolicyLayer } from './policy-layer';
import { projectFunction } from './project-function';
import type { ReportBucket } from './report-bucket';

/** What Lambda gives at most. */
export const LONGEST_RUN = Duration.minutes(15);

/** The scan as a function: the command line's own binary, told by environment variables. */
export class AggregatorFunction extends Construct {
  readonly function: LambdaFunction;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(
    scope: Construct,
    id: string,
    configuration: Configuration,
    { role, report, topic }: { role: IRole; report: ReportBucket; topic: ITopic },
  ) {
    super(scope, id);
    const { logs, scan } = configuration;
    const logGroup = new LogGroup(this, 'Logs', { retention: logs.days, removalPolicy: RemovalPolicy.DESTROY });
    logGroup.grantWrite(role);
    report.grantReports(role);
    role.addToPrincipalPolicy(
      new PolicyStatement({ sid: 'TellWhatWasFound', actions: ['sns:Publish'], resources: [topic.topicArn] }),
    );
    this.deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters');
    this.function = projectFunction(this, 'Function', 'ecr-encryption', configuration, {
      description: 'Scans the ECR repositories of all accounts, and writes one report',
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel[logs.level],
      memorySize: scan.memoryMiB,
      ephemeralStorageSize: Size.mebibytes(scan.storageMiB),
      timeout: LONGEST_RUN,
      layers: [new PolicyLayer(this, 'Policy', configuration)],
      environment: environment(configuration, report, topic),
      deadLetterQueue: this.deadLetterQueue,
      // A run that failed, or lost an account, does so again a minute later, at the full price. The next one is scheduled.
      retryAttempts: 0,
      maxEventAge: Duration.hours(1),
    });
    new FunctionAlarms(this, 'Alarms', 'The scan of ecr-encryption', this.function, this.deadLetterQueue, topic);
    new CfnOutput(this, 'FunctionName', { value: this.function.functionName });
  }
}

/** The command line's flags. What is not given is left to its defaults. */
function environment(configuration: Configuration, report: ReportBucket, topic: ITopic): Record<string, string> {
  const { memberRole, mode, home, notifications, organization, scan } = configuration;
  const isOrganization = mode === 'organization';
  const enters = entersAccounts(configuration);
  const flags: Record<string, string | number | boolean | undefined> = {
    OUTPUT: report.location,
    FORMAT: scan.formats.join(','),
    WORK_DIR: '/tmp/work',
    S3_KMS_KEY: report.key.keyArn,
    S3_BUCKET_OWNER: home.account,
    KEEP_DAYS: configuration.report.keepDays,
    POLICY: POLICY_PATH,
    REGIONS: scan.regions?.join(',') ?? 'all',
    // Without an organization, or without being allowed to read it, the account alone is the whole of it.
    ACCOUNTS: isOrganization ? undefined : home.account,
    ORGANIZATIONAL_UNITS: governedUnits(configuration).join(',') || undefined,
    EXCLUDE_ACCOUNTS: organization?.excludedAccounts.join(',') || undefined,
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
  return Object.fromEntries(
    Object.entries(flags).flatMap(([flag, value]) =>
      value === undefined ? [] : [[`ECR_ENCRYPTION_${flag}`, String(value)]],
    ),
  );
}
