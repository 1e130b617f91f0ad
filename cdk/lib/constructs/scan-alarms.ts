import { Annotations, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';
import { LONGEST_RUN } from './aggregator-function';
import { toldAlarm } from './function-alarms';
import { scanMetric } from './scan-metrics';

/** Runs that were missed, that lost something, or that will soon take too long. */
export class ScanAlarms extends Construct {
  constructor(scope: Construct, id: string, { scan }: Configuration, topic: ITopic) {
    super(scope, id);
    this.missedRun(scan.schedule, topic);
    toldAlarm(this, 'IncompleteRun', {
      description: 'A scan did not cover everything: the report says which accounts and Regions, and why.',
      metric: scanMetric(this, 'NotCovered', Duration.minutes(5)),
      threshold: 1,
      topic,
      // Rings until a run has covered everything.
      missing: TreatMissingData.IGNORE,
    });
    toldAlarm(this, 'LongRun', {
      description:
        'A scan took more than 80 % of what Lambda allows; at 15 minutes another invocation goes on with it. More memory or fewer Regions make it faster.',
      metric: scanMetric(this, 'DurationSeconds', Duration.minutes(5)),
      threshold: 0.8 * LONGEST_RUN.toSeconds(),
      topic,
      missing: TreatMissingData.IGNORE,
    });
  }

  private missedRun({ expression, lastRun, longestGapHours }: Configuration['scan']['schedule'], topic: ITopic): void {
    if (lastRun !== undefined) {
      Annotations.of(this).addWarningV2(
        'ecr-encryption:schedule-ends',
        `\`scan.schedule\` \`${expression}\` ends: its last run is on ${lastRun.toISOString().slice(0, 10)}. No scan follows, and no alarm tells of that, or of a run that was missed before. Alarms on failures and incomplete runs stay`,
      );
      return;
    }
    if (longestGapHours === undefined) {
      Annotations.of(this).addWarningV2(
        'ecr-encryption:no-missed-run-alarm',
        `\`scan.schedule\` \`${expression}\` can leave out more than six days, and CloudWatch looks back seven: no alarm tells of a run that was missed. Alarms on failures and incomplete runs stay`,
      );
      return;
    }
    // By the hour, because one long period would begin at another minute than the schedule does. Two hours more than the
    // schedule leaves out, so that a run may begin late, take long, and meet a change of the clocks.
    const hour = Duration.hours(1);
    toldAlarm(this, 'MissedRun', {
      description:
        'No scan has finished in the time in which one was due; after a first deployment, none has finished yet.',
      // Hours without a run are data, namely 0. Where data is missing, CloudWatch looks back further than it was asked to,
      // by how much it does not say, and a run that it finds there would put the alarm off.
      metric: new MathExpression({
        expression: 'FILL(runs, 0)',
        usingMetrics: { runs: scanMetric(this, 'Runs', hour) },
        label: 'Runs',
        period: hour,
      }),
      threshold: 1,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: Math.ceil(longestGapHours) + 2,
      topic,
      // Before the first run there may be nothing to fill. It rings then too: a scan that never ran is a missed one, and
      // CloudWatch does not know when the first is due.
      missing: TreatMissingData.BREACHING,
    });
  }
}
