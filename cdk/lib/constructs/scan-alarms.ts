import { Annotations, Duration } from 'aws-cdk-lib';
import { ComparisonOperator, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { ScanSchedule } from '../configuration/schedule';
import type { Configuration } from '../configuration/schema';
import { LONGEST_INVOCATION } from './aggregator-function';
import { toldAlarm } from './function-alarms';
import { scanMetric } from './scan-metrics';

/** How often a run goes on by itself at most, in further invocations: then it is given up, as the function has it. */
export const MOST_CONTINUATIONS = 16;

/** Of the time that a run may take, what is left then is enough to do something about it. */
const NEARLY = 0.8;

/** Runs that were missed, that lost something, or that will soon take too long. */
export class ScanAlarms extends Construct {
  constructor(scope: Construct, id: string, { scan }: Configuration, topics: readonly ITopic[]) {
    super(scope, id);
    this.missedRun(scan.schedule, topics);
    toldAlarm(this, 'IncompleteRun', {
      description: 'A scan did not cover everything: the report says which accounts and Regions, and why.',
      metric: scanMetric(this, 'NotCovered', Duration.minutes(5)),
      threshold: 1,
      topics,
      // Rings until a run has covered everything.
      missing: TreatMissingData.IGNORE,
    });
    this.longRun(scan.schedule, topics);
  }

  /** Of a whole run: that it takes several invocations is nothing to be told of. */
  private longRun({ shortestGapHours }: ScanSchedule, topics: readonly ITopic[]): void {
    const givenUp = MOST_CONTINUATIONS * LONGEST_INVOCATION.toMinutes();
    const nextIsDue = Math.round(shortestGapHours * 60);
    const allowed = Math.min(givenUp, nextIsDue);
    const [end, orElse] =
      nextIsDue < givenUp
        ? ['the next one is due', 'a schedule with more time between two runs gives it that']
        : ['it is given up unfinished', 'the command line, in a container, has no such end'];
    toldAlarm(this, 'LongRun', {
      description: `A scan took ${Math.floor(NEARLY * allowed)} minutes or more, from its first invocation to its last; after ${allowed}, ${end}. More memory, fewer Regions or a higher \`scan.maxRate\` make it faster; ${orElse}.`,
      metric: scanMetric(this, 'RunSeconds', Duration.minutes(5)),
      threshold: Math.floor(NEARLY * allowed * 60),
      topics,
      // Rings until a run has taken less.
      missing: TreatMissingData.IGNORE,
    });
  }

  private missedRun({ expression, lastRun, longestGapHours }: ScanSchedule, topics: readonly ITopic[]): void {
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
      topics,
      // Before the first run there may be nothing to fill. It rings then too: a scan that never ran is a missed one, and
      // CloudWatch does not know when the first is due.
      missing: TreatMissingData.BREACHING,
    });
  }
}
