import { type Check, wrong } from '../problem';

const athenaReadsParquet: Check = ({ scan, options }) =>
  options.athena && !scan.formats.includes('parquet')
    ? [wrong('options.athena', 'is `true` and `scan.formats` lacks `parquet`, which it reads; allowed: add it')]
    : [];

const sourceHasAggregator: Check = ({ mode, scan, options }) => {
  if (scan.source === 'api') {
    return [];
  }
  const reads = `is \`${scan.source}\`, which reads an AWS Config aggregator`;
  if (mode === 'single-account') {
    return [wrong('scan.source', `${reads} of an organization; allowed with mode \`single-account\`: \`api\``)];
  }
  return options.configurationAggregator
    ? []
    : [wrong('scan.source', `${reads}; allowed: with \`options.configurationAggregator: true\``)];
};

const templatesOfEcr: Check = ({ mode, scan }) =>
  scan.source === 'config' && scan.templates && mode === 'organization'
    ? [
        wrong(
          'scan.templates',
          'is `true`, and `scan.source` is `config`, which records no templates; allowed: with `scan.source` `api` or `both`',
        ),
      ]
    : [];

const aggregatorOfOrganization: Check = ({ mode, options }) =>
  options.configurationAggregator && mode === 'single-account'
    ? [wrong('options.configurationAggregator', 'is `true`; allowed with mode `organization` only')]
    : [];

const runsOutliveTheLock: Check = ({ report }) =>
  report.objectLock && report.keepDays && report.keepDays < report.objectLock.days
    ? [
        wrong(
          'report.keepDays',
          `is \`${report.keepDays}\`; allowed: at least the ${report.objectLock.days} days of \`report.objectLock\`, which keeps what is older anyway`,
        ),
      ]
    : [];

const DAY_MS = 86_400_000;

/** Of the time nothing else is asked than this, so that it does not come into what is deployed. */
export const runsAgain = (now: () => Date): Check => {
  return ({ scan }) => {
    const { expression, lastRun } = scan.schedule;
    // A day more than was read, because clocks differ by so much from UTC at most.
    return lastRun && lastRun.getTime() + DAY_MS < now().getTime()
      ? [
          wrong(
            'scan.schedule',
            `is \`${expression}\`, whose last run was due on ${lastRun.toISOString().slice(0, 10)}; allowed: a year to come, or \`*\` for every year`,
          ),
        ]
      : [];
  };
};

export const SCAN = [
  athenaReadsParquet,
  sourceHasAggregator,
  templatesOfEcr,
  aggregatorOfOrganization,
  runsOutliveTheLock,
  runsAgain(() => new Date()),
];
