import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
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
import type { Configuration } from '../configuration/schema';
import { stackOutput } from '../stack-output';
import { DeadLetterQueue } from './dead-letter-queue';
import { FunctionAlarms } from './function-alarms';
import { PolicyLayer } from './policy-layer';
import { projectFunction } from './project-function';
import type { ReportBucket } from './report-bucket';
import { scanEnvironment } from './scan-environment';

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
    this.deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters', 'ScanDeadLetterQueueUrl');
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
      environment: scanEnvironment(configuration, {
        location: report.location,
        keyArn: report.key.keyArn,
        topicArn: topic.topicArn,
      }),
      deadLetterQueue: this.deadLetterQueue,
      // A run that failed, or lost an account, does so again a minute later, at the full price. The next one is scheduled.
      retryAttempts: 0,
      maxEventAge: Duration.hours(1),
      // A run that one invocation is too short for starts the function again, through S3 and EventBridge, some 16 times at
      // most. Lambda must not stop that as a loop: what it stops, nobody goes on with.
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    new FunctionAlarms(this, 'Alarms', 'The scan of ecr-encryption', this.function, this.deadLetterQueue, topic);
    stackOutput(this, 'FunctionName', this.function.functionName);
  }
}
