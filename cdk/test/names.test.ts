import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timezone } from '../lib/configuration/timezone';
import { problems } from './support/refusal';

const BASE = `mode: organization
home: {account: 111122223333, region: eu-central-1}
organization: {id: o-a1b2c3d4e5, managementAccount: 111122223333, organizationalUnits: [r-ab12]}
rule: {regions: [eu-central-1]}
`;

const SINGLE = `mode: single-account
home: {account: 111122223333, region: eu-central-1}
rule: {regions: [eu-central-1]}
`;

const ZONES = [
  ...['UTC', 'Etc/UTC', 'GMT', 'GMT0', 'Etc/GMT', 'Etc/GMT+12', 'Etc/GMT-14', 'Etc/Zulu', 'EST5EDT', 'CET', 'W-SU'],
  ...['Europe/Berlin', 'America/Port-au-Prince', 'Antarctica/DumontDUrville', 'America/Argentina/Buenos_Aires'],
  // Of each pair, Node.js gives one.
  ...['Europe/Kyiv', 'Europe/Kiev', 'Asia/Kolkata', 'Asia/Calcutta', 'US/Eastern', 'Australia/NSW', 'Pacific/Kanton'],
];

for (const zone of ZONES) {
  test(`${zone} is a time zone, and in another case it is none`, () => {
    const field = timezone('When');
    assert.equal(field.parse(zone), zone);
    for (const other of [zone.toLowerCase(), zone.toUpperCase()].filter((other) => other !== zone)) {
      assert.equal(field.safeParse(other).success, false, other);
    }
  });
}

const WRONG: [name: string, text: string, ...expected: RegExp[]][] = [
  [
    'a time zone in another case',
    `${BASE}scan: {timezone: europe/BERLIN}`,
    /^line 5: `scan.timezone` is `europe\/BERLIN`; allowed: .*; did you mean `Europe\/Berlin`\?$/,
  ],
  [
    'a time zone with a typing error',
    `${BASE}scan: {timezone: Europe/Berlim}`,
    /^line 5: `scan.timezone` is `Europe\/Berlim`; allowed: .*; did you mean `Europe\/Berlin`\?$/,
  ],
  [
    'a path that is a pattern of roles',
    `${BASE}memberRole: {name: "security/*/EcrAudit"}`,
    /^line 5: `memberRole.name` is `security\/\*\/EcrAudit`; allowed: .* such as `security\/`, without `\*`, `\?` and `\$\{`$/,
  ],
  [
    'a path of which one character is any',
    `${BASE}memberRole: {name: securit?/EcrAudit}`,
    /^line 5: `memberRole.name` is `securit\?\/EcrAudit`; allowed: /,
  ],
  [
    'a path with a variable of policies',
    `${BASE}memberRole: {name: "\${aws:username}/EcrAudit"}`,
    /^line 5: `memberRole.name` is `\$\{aws:username\}\/EcrAudit`; allowed: /,
  ],
  [
    "a boundary whose path IAM's policies cannot have",
    `${BASE}permissionsBoundary: "team*/Boundary"\nmemberRole: {permissionsBoundary: "a?/Boundary"}`,
    /^line 5: `permissionsBoundary` is `team\*\/Boundary`; allowed: /,
    /^line 6: `memberRole.permissionsBoundary` is `a\?\/Boundary`; allowed: /,
  ],
  [
    'the role of a single account, which has none',
    `${SINGLE}memberRole:\n  name: Audit\n  externalId: secret\n  permissionsBoundary: Boundary`,
    /^line 5: `memberRole.name` is given; allowed with mode `organization` only: the functions of a single account assume no role$/,
    /^line 6: `memberRole.externalId` is given; allowed with mode `organization` only: /,
    /^line 7: `memberRole.permissionsBoundary` is given; allowed with mode `organization` only: /,
  ],
  [
    'tags whose keys are the same to IAM',
    `${BASE}tags:\n  team: a\n  owner: b\n  TEAM: c\n  Team: d\n`,
    /^line 9: `tags` has the keys `team`, `TEAM`, `Team`, which differ in case alone, and are the same to IAM; allowed: one of them$/,
  ],
];

for (const [name, text, ...expected] of WRONG) {
  test(`refuses ${name}`, () => {
    const told = problems(text);
    assert.equal(told.length, expected.length, told.join('\n'));
    for (const [index, pattern] of expected.entries()) {
      assert.match(told[index] ?? '', pattern);
    }
  });
}
