import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schedule } from '../lib/configuration/schedule';

const field = schedule('When');

const READABLE: [expression: string, longestGapHours: number | undefined][] = [
  ['rate(12 hours)', 12],
  ['rate(1 day)', 24],
  ['rate(15 minutes)', 0.25],
  ['rate(7 days)', undefined],
  // More runs in four years than a call can have arguments.
  ['cron(0/15 * * * ? *)', 0.25],
  ['cron(0 3 * * ? *)', 24],
  ['cron(0 0/6 * * ? *)', 6],
  ['cron(0 */6 * * ? *)', 6],
  ['cron(0,30 9-17 * * ? *)', 15.5],
  ['cron(30 2 ? * MON-FRI *)', 72],
  ['cron(30 2 ? * 2,4,6 *)', 72],
  ['cron(30 2 ? * MON *)', undefined],
  ['cron(0 12 1/3 * ? *)', 72],
  ['cron(0 12 L * ? *)', undefined],
  ['cron(0 12 15W * ? *)', undefined],
  ['cron(0 12 ? * 6L *)', undefined],
  ['cron(0 12 ? * MON#1 *)', undefined],
  // A year that ends.
  ['cron(0 3 * * ? 2027)', undefined],
];

for (const [expression, longestGapHours] of READABLE) {
  test(`reads ${expression}`, () => {
    assert.deepEqual(field.parse(expression), { expression, longestGapHours });
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
