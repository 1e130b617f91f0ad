import { MEASURED, ORGANIZATION, PRICES } from './prices';

/** What one month costs in dollars, by component. */
export function monthly(accounts: number): Record<string, number> {
  const o = ORGANIZATION;
  const m = MEASURED;
  const targets = accounts * o.governedRegions;
  const sweeps = targets * o.daysAMonth;
  const changes = targets * o.changes;
  const invocations = sweeps + changes;
  const findings = targets * o.repositories;
  const calls = accounts * (2 + o.scannedRegions) + targets * o.keys;
  const scanSeconds = m.secondsBeside + calls * m.secondsACall;
  const reportGb = (findings * (m.findingKb + m.parquetKb)) / 1e6;
  const logGb = (invocations * m.logKbAnInvocation) / 1e6;
  const scannedTb = (o.queriesAMonth * Math.max(0.01, (90 * findings * m.parquetKb) / 1e6)) / 1e3;
  return {
    "AWS Config's evaluations": (sweeps * o.repositories + changes) * PRICES.configEvaluation,
    'Lambda, the rule':
      invocations * PRICES.lambdaRequest +
      (sweeps * m.sweepSeconds + changes * m.changeSeconds) * m.ruleMemoryGb * PRICES.lambdaGbSecondArm64,
    'Lambda, the scan':
      o.daysAMonth *
      scanSeconds *
      (m.scanMemoryGb * PRICES.lambdaGbSecondArm64 + m.scanStorageGb * PRICES.lambdaStorageGbSecond),
    'S3, reports of 400 days': reportGb * o.keepDays * PRICES.s3GbMonth + o.daysAMonth * m.objectsARun * PRICES.s3Put,
    'CloudWatch: alarms, metrics, dashboard':
      (m.ruleAlarms * o.governedRegions + m.scanAlarms) * PRICES.cloudWatchAlarm +
      (m.ruleMetrics * o.governedRegions + m.scanMetrics) * PRICES.cloudWatchMetric +
      PRICES.cloudWatchDashboard,
    'CloudWatch Logs': logGb * (PRICES.logsGb + 3 * PRICES.logsGbMonth),
    'KMS: one key, its requests': PRICES.kmsKey + o.daysAMonth * 40 * PRICES.kmsRequest,
    'SNS, Scheduler, EventBridge':
      o.daysAMonth *
      (PRICES.snsPublish +
        o.people * PRICES.snsEmail +
        PRICES.schedulerInvocation +
        m.objectsARun * PRICES.eventBridgeEvent),
    'Athena, 100 queries': scannedTb * PRICES.athenaTb,
  };
}

const SIZES = [10, 100, 1_000, 10_000];

const dollars = (amount: number) =>
  amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** The table of the README. */
export function table(): string {
  const months = SIZES.map(monthly);
  const row = (name: string, amounts: number[]) => `| ${[name, ...amounts.map(dollars)].join(' | ')} |`;
  const sum = (month: Record<string, number>) => Object.values(month).reduce((total, amount) => total + amount, 0);
  return [
    `| US dollars a month, accounts: | ${SIZES.map((size) => size.toLocaleString('en-US')).join(' | ')} |`,
    `|---|${SIZES.map(() => '---:|').join('')}`,
    ...Object.keys(months[0] ?? {}).map((name) =>
      row(
        name,
        months.map((month) => month[name] ?? 0),
      ),
    ),
    row('**all**', months.map(sum)),
    row(
      'all but AWS Config',
      months.map((month) => sum(month) - (month["AWS Config's evaluations"] ?? 0)),
    ),
  ].join('\n');
}
