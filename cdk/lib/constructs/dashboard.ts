import { Duration } from 'aws-cdk-lib';
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';
import { type ScanMetricName, scanMetric } from './scan-metrics';

const DAY = Duration.days(1);
const FIVE_MINUTES = Duration.minutes(5);
const HALF = 12;

/** Compliance, coverage, duration and errors, of the scan and of the rule in every Region. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { rule }: Configuration, scan: LambdaFunction) {
    super(scope, id);
    const by = (name: ScanMetricName, label: string) => scanMetric(this, name, DAY).with({ label });
    const graph = (title: string, left: IMetric[], width = HALF) => new GraphWidget({ title, left, width });
    const dashboard = new CloudWatchDashboard(this, 'Dashboard', { defaultInterval: Duration.days(90) });
    dashboard.addWidgets(
      new SingleValueWidget({
        title: 'The newest scan of the last days',
        metrics: [
          by('Repositories', 'Repositories'),
          by('NonCompliant', 'Non-compliant'),
          by('Undetermined', 'Undetermined'),
          by('NotCovered', 'Not covered'),
        ],
        width: 24,
      }),
    );
    dashboard.addWidgets(
      graph('Compliance', [by('NonCompliant', 'Non-compliant'), by('Undetermined', 'Undetermined')]),
      graph('Coverage: accounts and Regions that a scan lost', [by('NotCovered', 'Not covered')]),
    );
    dashboard.addWidgets(
      graph('Duration of a scan, seconds', [by('RunSeconds', 'Longest')]),
      graph('Scans: finished, failed', [
        by('Runs', 'Finished'),
        scan.metricErrors({ period: DAY, label: 'Failed' }),
        scan.metricThrottles({ period: DAY, label: 'Throttled' }),
      ]),
    );
    for (const region of rule.regions) {
      const counts = ['EvaluationsCompliant', 'EvaluationsNonCompliant', 'EvaluationsUndetermined'];
      dashboard.addWidgets(
        graph(`Rule in ${region}: evaluations`, [ofRule(region, counts)]),
        graph(`Rule in ${region}: errors`, [ofRule(region, ['InvocationErrors', 'LookupErrors'])]),
      );
    }
  }
}

/** The rule's own metrics; searched for, because the name of a function in another Region is not known here. */
function ofRule(region: string, names: string[]): MathExpression {
  const either = names.map((name) => `"${name}"`).join(' OR ');
  return new MathExpression({
    expression: `SEARCH('{EcrEncryptionRule,FunctionName} MetricName=(${either})', 'Sum', ${FIVE_MINUTES.toSeconds()})`,
    usingMetrics: {},
    searchRegion: region,
    label: '',
    period: FIVE_MINUTES,
  });
}
