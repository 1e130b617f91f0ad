import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { CfnEventInvokeConfig, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** An alarm that tells topics, of both ways. */
export interface ToldAlarmProps {
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly topics: readonly ITopic[];
  readonly evaluationPeriods?: number;
  readonly comparison?: ComparisonOperator;
  readonly missing?: TreatMissingData;
}

/** Makes an alarm that rings as soon as the metric reaches the threshold. */
export function toldAlarm(scope: Construct, id: string, props: ToldAlarmProps): Alarm {
  const alarm = new Alarm(scope, id, {
    alarmDescription: props.description,
    metric: props.metric,
    threshold: props.threshold,
    evaluationPeriods: props.evaluationPeriods ?? 1,
    comparisonOperator: props.comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: props.missing ?? TreatMissingData.NOT_BREACHING,
  });
  const actions = props.topics.map((topic) => new SnsAction(topic));
  alarm.addAlarmAction(...actions);
  alarm.addOkAction(...actions);
  return alarm;
}

/** What can go wrong with a function that is invoked asynchronously. */
export class FunctionAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    what: string,
    target: LambdaFunction,
    queue: IQueue,
    topics: readonly ITopic[],
  ) {
    super(scope, id);
    const period = Duration.minutes(5);
    toldAlarm(this, 'Errors', {
      description: `${what} failed: its log has the reason.`,
      metric: target.metricErrors({ period }),
      threshold: 1,
      topics,
    });
    toldAlarm(this, 'Throttles', {
      description: `${what} was throttled: the account, or its reserved concurrency, has too few instances.`,
      metric: target.metricThrottles({ period }),
      threshold: 1,
      evaluationPeriods: 3,
      topics,
    });
    toldAlarm(this, 'Undelivered', {
      description: `${what} gave up on an event: it is in the dead-letter queue, with the error.`,
      metric: queue.metricApproximateNumberOfMessagesVisible({ period, statistic: Stats.MAXIMUM }),
      threshold: 1,
      topics,
    });
    const minutes = tellsOfWaitingAfter(target).toMinutes();
    toldAlarm(this, 'EventAge', {
      description: `${what} does not keep up: an event has waited for ${minutes} minutes.`,
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'AsyncEventAge',
        dimensionsMap: { FunctionName: target.functionName },
        statistic: Stats.MAXIMUM,
        period,
      }),
      threshold: Duration.minutes(minutes).toMilliseconds(),
      topics,
    });
  }
}

/** What Lambda keeps an event for where the function does not say. */
const LAMBDA_KEEPS = Duration.hours(6);

/**
 * An hour; half of the time after which Lambda drops an event, where that is less: no event gets older than that, so an alarm
 * at this age would never ring.
 */
function tellsOfWaitingAfter(target: LambdaFunction): Duration {
  const invocation = target.node.findAll().find((child) => child instanceof CfnEventInvokeConfig);
  const seconds = invocation?.maximumEventAgeInSeconds ?? LAMBDA_KEEPS.toSeconds();
  return Duration.seconds(Math.min(Duration.hours(1).toSeconds(), seconds / 2));
}
