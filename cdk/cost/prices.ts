/**
 * AWS's list prices in US dollars, as assumed in November 2026 for us-east-1: first tier, without free tiers and discounts.
 * They were not looked up on that day: check those that matter to you, and run `npm run cost` with yours.
 */
export const PRICES = {
  /** Of a rule's evaluation, each resource each time; up to 100,000 a month, account and Region. */
  configEvaluation: 0.001,
  lambdaGbSecondArm64: 0.0000133334,
  lambdaRequest: 0.2 / 1e6,
  /** Beyond the first 512 MB. */
  lambdaStorageGbSecond: 0.0000000309,
  s3GbMonth: 0.023,
  s3Put: 0.005 / 1e3,
  cloudWatchAlarm: 0.1,
  cloudWatchMetric: 0.3,
  cloudWatchDashboard: 3,
  logsGb: 0.5,
  logsGbMonth: 0.03,
  kmsKey: 1,
  kmsRequest: 0.03 / 1e4,
  snsPublish: 0.5 / 1e6,
  snsEmail: 2 / 1e5,
  schedulerInvocation: 1 / 1e6,
  /** Of S3 telling EventBridge of an object. */
  eventBridgeEvent: 1 / 1e6,
  athenaTb: 5,
} as const;

/** What an organization is taken to be like. */
export const ORGANIZATION = {
  governedRegions: 3,
  scannedRegions: 17,
  /** In each account and governed Region; none elsewhere. */
  repositories: 5,
  keys: 1,
  /** Changes of repositories and keys that AWS Config tells of, in each account and governed Region a month. */
  changes: 10,
  daysAMonth: 30,
  /** Reports that are kept. */
  keepDays: 400,
  people: 2,
  queriesAMonth: 100,
} as const;

/** What was measured, or follows from it: `README.md` at the top has the measurements. */
export const MEASURED = {
  /** Of a call, while 64 are under way. */
  secondsACall: 0.05 / 64,
  /** To begin, to list, and to write the report. */
  secondsBeside: 15,
  sweepSeconds: 1,
  changeSeconds: 0.3,
  logKbAnInvocation: 2.5,
  /** Objects that a run writes. */
  objectsARun: 20,
  /** JSON Lines and CSV; and Parquet. */
  findingKb: 4,
  parquetKb: 0.1,
  ruleMetrics: 9,
  ruleAlarms: 4,
  scanMetrics: 6,
  scanAlarms: 7,
  scanMemoryGb: 1769 / 1024,
  scanStorageGb: 4 - 0.5,
  ruleMemoryGb: 128 / 1024,
} as const;
