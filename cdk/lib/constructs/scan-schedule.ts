import { Duration, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';

/** What the function gets: `cdk/README.md` says what it means. */
export const SCHEDULED_EVENT = { resume: true };

/** How long it is tried to hand an event over to Lambda; what the function does with it is another matter. */
export const HANDING_OVER = { maxEventAge: Duration.hours(1), retryAttempts: 10 };

/** Starts the scan. */
export class ScanSchedule extends Construct {
  constructor(
    scope: Construct,
    id: string,
    configuration: Configuration,
    target: LambdaFunction,
    deadLetterQueue: IQueue,
  ) {
    super(scope, id);
    const { scan } = configuration;
    const group = new CfnScheduleGroup(this, 'Group');
    const role = this.schedulerRole(configuration, group);
    role.addToPolicy(
      new PolicyStatement({ sid: 'Start', actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ sid: 'KeepFailures', actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] }),
    );
    const schedule = new CfnSchedule(this, 'Schedule', {
      groupName: group.ref,
      description: 'Starts the scan of ecr-encryption',
      scheduleExpression: scan.schedule.expression,
      scheduleExpressionTimezone: scan.timezone,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: target.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(SCHEDULED_EVENT),
        deadLetterConfig: { arn: deadLetterQueue.queueArn },
        retryPolicy: {
          maximumEventAgeInSeconds: HANDING_OVER.maxEventAge.toSeconds(),
          maximumRetryAttempts: HANDING_OVER.retryAttempts,
        },
      },
    });
    // The role's permissions are a resource of their own; a schedule that is due at once would come before them.
    schedule.node.addDependency(role);
  }

  private schedulerRole({ home, permissionsBoundary }: Configuration, group: CfnScheduleGroup): Role {
    const stack = Stack.of(this);
    return new Role(this, 'Role', {
      description: 'EventBridge Scheduler starts the scan of ecr-encryption',
      permissionsBoundary:
        permissionsBoundary === undefined
          ? undefined
          : ManagedPolicy.fromManagedPolicyName(this, 'Boundary', permissionsBoundary),
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': home.account,
            'aws:SourceArn': stack.formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: group.ref,
            }),
          },
        },
      }),
    });
  }
}
