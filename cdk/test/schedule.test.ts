import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runsAgain } from '../lib/configuration/checks/scan';
import { parseConfiguration } from '../lib/configuration/load';
import { schedule } from '../lib/configuration/schedule';
import { problems } from './support/refusal';
import { exampleText } from './support/synthesise';

const field = schedule('When');

const READABLE: [expression: string, longestGapHours: number | undefined, shortestGapHours: number][] = [
  ['rate(12 hours)', 12, 12],
  ['rate(1 day)', 24, 24],
  ['rate(15 minutes)', 0.25, 0.25],
  ['rate(7 days)', undefined, 168],
  // More runs in four years than a call can have arguments.
  ['cron(0/15 * * * ? *)', 0.25, 0.25],
  ['cron(0 3 * * ? *)', 24, 24],
  ['cron(0 0/6 * * ? *)', 6, 6],
  ['cron(0 */6 * * ? *)', 6, 6],
  ['cron(0,30 9-17 * * ? *)', 15.5, 0.5],
  ['cron(30 2 ? * MON-FRI *)', 72, 24],
  ['cron(30 2 ? * 2,4,6 *)', 72, 48],
  ['cron(30 2 ? * MON *)', undefined, 168],
  ['cron(0 12 1/3 * ? *)', 72, 24],
  ['cron(0 12 L * ? *)', undefined, 28 * 24],
  ['cron(0 12 15W * ? *)', undefined, 28 * 24],
  ['cron(0 12 ? * 6L *)', undefined, 28 * 24],
  ['cron(0 12 ? * MON#1 *)', undefined, 28 * 24],
  // Years without an end.
  ['cron(0 3 * * ? 2027/1)', undefined, 24],
  ['cron(0 3 * * ? */2)', undefined, 24],
  // Once in four years: nothing is between.
  ['cron(0 3 29 FEB ? *)', undefined, Number.POSITIVE_INFINITY],
];

for (const [expression, longestGapHours, shortestGapHours] of READABLE) {
  test(`reads ${expression}`, () => {
    assert.deepEqual(field.parse(expression), { expression, longestGapHours, shortestGapHours });
  });
}

const ENDING: [expression: string, lastRun: string, shortestGapHours: number][] = [
  ['cron(0 3 * * ? 2027)', '2027-12-31T03:00Z', 24],
  ['cron(0 3 1 1 ? 2020)', '2020-01-01T03:00Z', 365 * 24],
  ['cron(15,45 1-5 ? JUN MON#1 2026,2030-2031)', '2031-06-02T05:45Z', 0.5],
  ['cron(0 3 29 FEB ? 2027-2029)', '2028-02-29T03:00Z', Number.POSITIVE_INFINITY],
  ['cron(0 3 L * ? 1970)', '1970-12-31T03:00Z', 28 * 24],
];

for (const [expression, lastRun, shortestGapHours] of ENDING) {
  test(`knows the last run of ${expression}`, () => {
    assert.deepEqual(field.parse(expression), {
      expression,
      longestGapHours: undefined,
      shortestGapHours,
      lastRun: new Date(lastRun),
    });
  });
}

const UNREADABLE = [
  '',
  'daily',
  '0 3 * * *',
  'cron(0 3 * * *)',
  'cron(0 3 * * * *)',
  'cron(0 3 ? * ? *)',
  'cron(60 3 * * ? *)',
  'cron(0 24 * * ? *)',
  'cron(0 3 32 * ? *)',
  'cron(0 3 31 FEB ? *)',
  'cron(0 3 29 FEB ? 2027)',
  'cron(0 3 * 13 ? *)',
  'cron(0 3 ? * 8 *)',
  'cron(0 3 ? * MON#6 *)',
  'cron(0/0 3 * * ? *)',
  'cron(5-1 3 * * ? *)',
  'cron(* * * * ? *)',
  'cron(0/10 * * * ? *)',
  'cron( 0 3 * * ? *)',
  'rate(0 hours)',
  'rate(5 minutes)',
  'rate(1 week)',
  'rate(1.5 hours)',
  'at(2027-01-01T00:00:00)',
];

for (const expression of UNREADABLE) {
  test(`does not read ${expression || 'nothing'}`, () => {
    assert.equal(field.safeParse(expression).success, false);
  });
}

/** Whether such a schedule is refused at that time. */
function isOver(expression: string, now: string): boolean {
  const configuration = parseConfiguration(exampleText('single-account'));
  const scan = { ...configuration.scan, schedule: field.parse(expression) };
  return runsAgain(() => new Date(now))({ ...configuration, scan }).length > 0;
}

test('a schedule is over when its last run is, in every time zone', () => {
  const expression = 'cron(0 3 1 1 ? 2026)';
  assert.equal(isOver(expression, '2025-12-31T23:00Z'), false);
  // Not yet three o'clock in Etc/GMT+12.
  assert.equal(isOver(expression, '2026-01-01T14:59Z'), false);
  assert.equal(isOver(expression, '2026-01-02T03:01Z'), true);
  assert.equal(isOver('cron(0 3 1 1 ? *)', '2199-12-31T00:00Z'), false);
  assert.equal(isOver('rate(1 day)', '2199-12-31T00:00Z'), false);
});

test('a schedule that is over is refused', () => {
  assert.deepEqual(problems(`${exampleText('single-account')}scan: {schedule: cron(0 3 1 1 ? 2020)}`), [
    'line 10: `scan.schedule` is `cron(0 3 1 1 ? 2020)`, whose last run was due on 2020-01-01; allowed: a year to come, or `*` for every year',
  ]);
});
