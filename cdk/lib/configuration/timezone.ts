import { field, nearest } from './field';

/** Old names, and such without a city, which Node.js reads without giving them. */
const OTHERS = (
  'America/Knox_IN Australia/ACT Australia/LHI Australia/NSW CET CST6CDT Cuba EET EST EST5EDT Egypt Eire Etc/UCT Etc/UTC GB ' +
  'GB-Eire Greenwich HST Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC ' +
  'PST8PDT Poland Portugal ROC ROK Singapore Turkey UCT US/Alaska US/Aleutian US/Arizona US/Central US/East-Indiana ' +
  'US/Eastern US/Hawaii US/Indiana-Starke US/Michigan US/Mountain US/Pacific US/Samoa UTC Universal W-SU WET Zulu'
).split(' ');

/** Shifts from GMT: 14 hours to the east are `-14` there, 12 to the west `+12`. */
const SHIFTS = ['', '0', ...Array.from({ length: 27 }, (_, n) => (n < 14 ? `-${n + 1}` : `+${n - 14}`)), '-0'];
const GMT = [...SHIFTS.map((shift) => `Etc/GMT${shift}`), ...['', '0', '+0', '-0'].map((zero) => `GMT${zero}`)];

/** As it is spelt, by its lower case: EventBridge Scheduler tells them apart, Node.js does not. */
const SPELLINGS = new Map(
  [...Intl.supportedValuesOf('timeZone'), ...OTHERS, ...GMT].map((name) => [name.toLowerCase(), name]),
);

/** How a newer or older name of a city is spelt, such as Europe/Kyiv, that Node.js reads without giving it. */
const CITY = /^[A-Z][a-z]+(?:\/[A-Z][A-Za-z_-]*[a-z])+$/;

export const timezone = (description: string) =>
  field(
    description,
    'a name of the IANA time zone database, such as Etc/UTC or Europe/Berlin',
    (text) => (isTimezone(text) ? text : undefined),
    undefined,
    (text) => SPELLINGS.get(text.toLowerCase()) ?? nearest(text, SPELLINGS.values()),
  );

function isTimezone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
  } catch {
    return false;
  }
  const spelling = SPELLINGS.get(text.toLowerCase());
  return spelling === undefined ? CITY.test(text) : spelling === text;
}
