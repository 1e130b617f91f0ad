import { field } from './field';

/** A schedule as EventBridge Scheduler takes it. */
export interface ScanSchedule {
  readonly expression: string;
  /** The longest time between two runs, in hours; `undefined` where it is more than CloudWatch can look back. */
  readonly longestGapHours: number | undefined;
  /** The shortest time between two runs, in hours; infinite where there is one in four years at most. */
  readonly shortestGapHours: number;
  /** Of a schedule that ends: when its last run is due, by the clocks of its time zone as if they showed UTC. */
  readonly lastRun?: Date;
}

const ALLOWED =
  '`cron(minute hour day-of-month month day-of-week year)` with `?` as one of the two days, such as cron(0 3 * * ? *), ' +
  'or `rate(N hours)`, such as rate(12 hours); at least 15 minutes apart';

export const schedule = (description: string) =>
  field(description, ALLOWED, (text) => readRate(text) ?? readCron(text));

const HOURS = { minute: 1 / 60, hour: 1, day: 24 } as const;

function readRate(text: string): ScanSchedule | undefined {
  const [, number, unit] = /^rate\((\d{1,4}) (minute|hour|day)s?\)$/.exec(text) ?? [];
  const hours = Number(number) * HOURS[(unit ?? 'hour') as keyof typeof HOURS];
  return hours >= 0.25 ? { expression: text, longestGapHours: within7Days(hours), shortestGapHours: hours } : undefined;
}

/** What a schedule can name; what goes on until then, be it every other year, has no end. */
const LAST_YEAR = 2199;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function readCron(text: string): ScanSchedule | undefined {
  const fields = /^cron\(([^()]*)\)$/.exec(text)?.[1]?.split(' ') ?? [];
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields;
  const minutes = numbers(minute, 0, 59);
  const hours = numbers(hour, 0, 23);
  const months = numbers(month, 1, 12, MONTHS, 1);
  const years = numbers(year, 1970, LAST_YEAR);
  const isDay = dayMatcher(dayOfMonth, dayOfWeek);
  if (fields.length !== 6 || !minutes || !hours || !months || !years || !isDay) {
    return undefined;
  }
  const times = hours.flatMap((one) => minutes.map((other) => one * 60 + other));
  // Scheduler starts a run at most so often as somebody can want it; a typing error in the minutes would cost a lot.
  if (gaps([...times, (times[0] ?? 0) + 1440]).some((gap) => gap < 15)) {
    return undefined;
  }
  const isRunDay: DayMatcher = (day) => months.includes(day.getUTCMonth() + 1) && isDay(day);
  const runs = runsOfFourYears(isRunDay, times);
  const { shortest, longest } = extremes(gaps(runs));
  const shortestGapHours = shortest / 60;
  if ((years.at(-1) ?? 0) < LAST_YEAR - 1) {
    const lastRun = lastRunOf(years, isRunDay, times.at(-1) ?? 0);
    return lastRun && { expression: text, longestGapHours: undefined, shortestGapHours, lastRun };
  }
  // Once in four years, and nothing is between.
  const longestGapHours = year === '*' && runs.length > 1 ? within7Days(longest / 60) : undefined;
  return runs.length === 0 ? undefined : { expression: text, longestGapHours, shortestGapHours };
}

function lastRunOf(years: readonly number[], isDay: DayMatcher, minutes: number): Date | undefined {
  const days = years.toReversed().flatMap((year) =>
    // The 366th day of a year that has none is the first of the next.
    Array.from({ length: 366 }, (_, day) => new Date(Date.UTC(year, 0, 366 - day))).filter(
      (day) => day.getUTCFullYear() === year && isDay(day),
    ),
  );
  return days[0] && new Date(days[0].getTime() + minutes * 60_000);
}

/** CloudWatch alarms look back seven days at most; two hours of that are kept for runs that take long. */
function within7Days(hours: number): number | undefined {
  return hours <= 7 * 24 - 2 ? hours : undefined;
}

function gaps(times: readonly number[]): number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

/** Not by `Math.max(...)`: a run every 15 minutes makes more gaps than a call can have arguments. */
function extremes(lengths: readonly number[]): { shortest: number; longest: number } {
  return lengths.reduce(
    ({ shortest, longest }, length) => ({ shortest: Math.min(shortest, length), longest: Math.max(longest, length) }),
    { shortest: Number.POSITIVE_INFINITY, longest: 0 },
  );
}

/** Minutes since the first day, of every run in four years: a leap year is among them. */
function runsOfFourYears(isDay: (day: Date) => boolean, times: readonly number[]): number[] {
  const first = Date.UTC(2027, 0, 1);
  return Array.from({ length: 4 * 366 }, (_, day) => day)
    .filter((day) => isDay(new Date(first + day * 86_400_000)))
    .flatMap((day) => times.map((time) => day * 1440 + time));
}

/** The numbers of a field, in order: `*`, `5`, `1-5`, `0/15`, `*∕15`, `MON-FRI`, and lists of them. */
function numbers(text: string, minimum: number, maximum: number, names: string[] = [], first = 0) {
  const found = new Set<number>();
  const number = (part: string) => {
    const named = names.indexOf(part.toUpperCase());
    const value = named >= 0 ? named + first : /^\d{1,4}$/.test(part) ? Number(part) : Number.NaN;
    return value >= minimum && value <= maximum ? value : Number.NaN;
  };
  for (const item of text.split(',')) {
    const [, from = '', to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,4}))?$/.exec(item) ?? [];
    const start = from === '*' ? minimum : number(from);
    const isOpen = from === '*' || (step !== undefined && to === undefined);
    const end = to !== undefined ? number(to) : isOpen ? maximum : start;
    if (!(start <= end) || step === '0' || (from === '*' && to !== undefined)) {
      return undefined;
    }
    for (let value = start; value <= end; value += Number(step ?? 1)) {
      found.add(value);
    }
  }
  return [...found].sort((one, other) => one - other);
}

type DayMatcher = (day: Date) => boolean;

/** One of the two must be `?`. */
function dayMatcher(dayOfMonth: string, dayOfWeek: string): DayMatcher | undefined {
  if (dayOfWeek === '?' && dayOfMonth !== '?') {
    return ofMonth(dayOfMonth);
  }
  return dayOfMonth === '?' && dayOfWeek !== '?' ? ofWeek(dayOfWeek) : undefined;
}

function lastDay(day: Date): number {
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
}

function ofMonth(text: string): DayMatcher | undefined {
  if (text === 'L') {
    return (day) => day.getUTCDate() === lastDay(day);
  }
  const [, weekday] = /^(\d{1,2})W$/.exec(text) ?? [];
  if (weekday && Number(weekday) >= 1 && Number(weekday) <= 31) {
    return (day) => day.getUTCDate() === nearestWeekday(day, Number(weekday));
  }
  const days = numbers(text, 1, 31);
  return days && ((day) => days.includes(day.getUTCDate()));
}

/** The day from Monday to Friday that is nearest to the `wanted` day of the month, and in the same month. */
function nearestWeekday(day: Date, wanted: number): number | undefined {
  if (wanted > lastDay(day)) {
    return undefined;
  }
  const weekday = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), wanted)).getUTCDay();
  if (weekday === 6) {
    return wanted === 1 ? 3 : wanted - 1;
  }
  return weekday === 0 ? (wanted === lastDay(day) ? wanted - 2 : wanted + 1) : wanted;
}

/** Days of the week count from 1, Sunday. */
function ofWeek(text: string): DayMatcher | undefined {
  const single = (part: string) => numbers(part, 1, 7, DAYS, 1)?.[0];
  const [, name = '', nth] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  const weekday = single(name);
  if (nth && weekday) {
    return (day) => day.getUTCDay() + 1 === weekday && Math.ceil(day.getUTCDate() / 7) === Number(nth);
  }
  const last = /^(\w+)L$/.exec(text)?.[1];
  const lastWeekday = last === undefined ? undefined : single(last);
  if (lastWeekday) {
    return (day) => day.getUTCDay() + 1 === lastWeekday && day.getUTCDate() > lastDay(day) - 7;
  }
  const days = numbers(text, 1, 7, DAYS, 1);
  return days && ((day) => days.includes(day.getUTCDay() + 1));
}
