import { type Duration, Stack } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

/** The metrics that the scan logs, without dimensions; `cdk/README.md` says when. */
export type ScanMetricName = 'Repositories' | 'NonCompliant' | 'Undetermined' | 'NotCovered' | 'RunSeconds' | 'Runs';

export const SCAN_NAMESPACE = 'EcrEncryption';

/** One of them, in the Region of the scan. */
export function scanMetric(scope: Construct, metricName: ScanMetricName, period: Duration): Metric {
  return new Metric({
    namespace: SCAN_NAMESPACE,
    metricName,
    period,
    statistic: metricName === 'Runs' ? Stats.SUM : Stats.MAXIMUM,
    region: Stack.of(scope).region,
  });
}
