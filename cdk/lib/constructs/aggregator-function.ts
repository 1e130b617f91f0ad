import { Aws, Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  type Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';
import { partitionOf } from '../configuration/aws-names';
import type { Configuration } from '../configuration/schema';
import { topicArnsIn } from '../configuration/topics';
import { stackOutput } from '../stack-output';
import { DeadLetterQueue } from './dead-letter-queue';
import { FunctionAlarms } from './function-alarms';
import { PolicyLayer } from './policy-layer';
import { projectFunction } from './project-function';
import type { ReportBucket } from './report-bucket';
import { scanEnvironment } from './scan-environment';

/** What Lambda gives at most; a run may take several. */
export const LONGEST_INVOCATION = Duration.minutes(15);

/** The scan as a function: the command line's own binary, told by environment variables. */
export class AggregatorFunction extends Construct {
  readonly function: LambdaFunction;
  readonly deadLetterQueue: DeadLetterQueue;

  constructor(
    scope: Construct,
    id: string,
    configuration: Configuration,
    { role, report, topics }: { role: IRole; report: ReportBucket; topics: readonly ITopic[] },
  ) {
    super(scope, id);
    const { home, logs, scan } = configuration;
    const logGroup = new LogGroup(this, 'Logs', { retention: logs.days, removalPolicy: RemovalPolicy.DESTROY });
    logGroup.grantWrite(role);
    report.grantReports(role);
    const topicArns = topics.map(({ topicArn }) => topicArn);
    role.addToPrincipalPolicy(
      new PolicyStatement({ sid: 'TellWhatWasFound', actions: ['sns:Publish'], resources: topicArns }),
    );
    encryptForTopics(role, topicArnsIn(configuration, home.region), home.region);
    this.deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters', 'ScanDeadLetterQueueUrl');
    this.function = projectFunction(this, 'Function', 'ecr-encryption', configuration, {
      description: 'Scans the ECR repositories of all accounts, and writes one report',
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel[logs.level],
      memorySize: scan.memoryMiB,
      ephemeralStorageSize: Size.mebibytes(scan.storageMiB),
      timeout: LONGEST_INVOCATION,
      layers: [new PolicyLayer(this, 'Policy', configuration)],
      environment: scanEnvironment(configuration, {
        location: report.location,
        keyArn: report.key.keyArn,
        topicArns,
      }),
      deadLetterQueue: this.deadLetterQueue,
      // A run that failed, or lost an account, does so again a minute later, at the full price. The next one is scheduled.
      retryAttempts: 0,
      maxEventAge: Duration.hours(1),
      // A run that one invocation is too short for starts the function again, through S3 and EventBridge, some 16 times at
      // most. Lambda must not stop that as a loop: what it stops, nobody goes on with.
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    new FunctionAlarms(this, 'Alarms', 'The scan of ecr-encryption', this.function, this.deadLetterQueue, topics);
    stackOutput(this, 'FunctionName', this.function.functionName);
  }
}

/** Whoever publishes to an encrypted topic needs its key, which the owners of the topic have chosen, and may change. */
function encryptForTopics(role: IRole, topicArns: string[], region: string): void {
  if (topicArns.length === 0) {
    return;
  }
  const keys = `kms:${region}:*:key/*`;
  role.addToPrincipalPolicy(
    new PolicyStatement({
      sid: 'EncryptForTopics',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      // "*" stands for the account and the id of a key: neither is in the ARN of a topic. By the conditions it is SNS that
      // asks, for a message to one of these topics; and a key's own policy must allow it too, where it is another account's.
      resources: [`arn:${Aws.PARTITION}:${keys}`],
      conditions: {
        StringEquals: { 'kms:ViaService': snsOf(region), 'kms:EncryptionContext:aws:sns:topicArn': topicArns },
      },
    }),
  );
  acknowledge(
    role,
    `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${keys}]`,
    'The keys of topics that exist already, for SNS and messages to these topics alone.',
  );
}

/** What KMS calls SNS. Of China AWS does not document by which of its two names. */
function snsOf(region: string): string[] {
  const name = `sns.${region}.amazonaws.com`;
  return partitionOf(region) === 'aws-cn' ? [name, `${name}.cn`] : [name];
}
