import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { ApplicationLogLevel, LoggingFormat } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';
import { DeadLetterQueue } from './dead-letter-queue';
import { FunctionAlarms } from './function-alarms';
import { GoverningRule } from './governing-rule';
import { InvokePermission } from './invoke-permission';
import { projectFunction } from './project-function';

/** The rule in one Region: its function, and what makes AWS Config ask it. */
export class RuleFunction extends Construct {
  constructor(scope: Construct, id: string, configuration: Configuration, role: IRole, topics: readonly ITopic[]) {
    super(scope, id);
    const { logs, rule } = configuration;
    const logGroup = new LogGroup(this, 'Logs', { retention: logs.days, removalPolicy: RemovalPolicy.DESTROY });
    logGroup.grantWrite(role);
    const deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters', 'RuleDeadLetterQueueUrl');
    const judge = projectFunction(this, 'Function', 'ecr-encryption-rule', configuration, {
      description: 'AWS Config rule: judges how ECR repositories are encrypted',
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel[logs.level],
      memorySize: rule.memoryMiB,
      timeout: Duration.seconds(rule.timeoutSeconds),
      reservedConcurrentExecutions: rule.reservedConcurrency,
      deadLetterQueue,
    });
    const permission = new InvokePermission(this, 'InvokePermission', configuration, judge);
    new GoverningRule(this, 'GoverningRule', configuration, { function: judge, permission });
    new FunctionAlarms(this, 'Alarms', 'The AWS Config rule ecr-encryption', judge, deadLetterQueue, topics);
    new CfnOutput(this, 'RuleFunctionArn', { value: judge.functionArn });
  }
}
