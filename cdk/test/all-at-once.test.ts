import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploymentProblems, problems } from './support/refusal';

const WRONG = `mode: organization
home:
  account: 111122223333
  region: eu-central-1
organization:
  id: o-a1b2c3d4e5
  managementAccount: 111122223333
  organizationalUnits:
    - ou-ab12-11111111
    - ou-ab12-22222222
  excludedAccounts:
    - 444455556666
    - 111122223333
    - 444455556666
rule:
  regions:
    - eu-central-1
    - us-gov-west-1
  deployAs: conformance-pack
policy:
  overrides:
    - name: laboratory
      regions: [us-east-1]
    - name: other
      regions:
        - eu-west-1
        - cn-north-1
      organizationalUnits:
        - Root/Lab
        - ou-cd34-11111111
      requireDualLayer: true
tags:
  team: security
  aws:x: y
`;

/** The lines and the settings of the problems. */
function where(text: string, tell = problems): string[] {
  return tell(text).map((problem) => problem.replace(/^(?:line (\d+): )?(?:unknown setting )?`(.*?)`.*/, '$1 $2'));
}

test('what does not fit together is told with the line of what has to be changed', () => {
  assert.deepEqual(where(WRONG), [
    '13 organization.excludedAccounts',
    '14 organization.excludedAccounts',
    '18 rule.regions.1',
    '19 rule.deployAs',
    '22 policy.overrides.0',
    '27 policy.overrides.1.regions.1',
    '30 policy.overrides.1.organizationalUnits',
    '34 tags',
  ]);
});

const BASE = `mode: organization
home: {account: 111122223333, region: eu-central-1}
organization: {id: o-a1b2c3d4e5, managementAccount: 111122223333, organizationalUnits: [r-ab12]}
logs: {level: LOUD}
`;

const ZIPS = 'code: {ruleZip: test/fixtures/arm64.zip, scanZip: test/fixtures/arm64.zip}';

/** What is told beside the level of the logs, which is wrong by itself. */
const BESIDE: [name: string, text: string, expected: string[]][] = [
  ['what does not fit together', `rule: {regions: [us-east-1, us-east-1]}\n${ZIPS}`, ['5 rule.regions']],
  ['a zip file that is not there', 'rule: {regions: []}\ncode: {scanZip: no.zip}', ['6 code.scanZip']],
  [
    'both, and another value that is wrong by itself',
    'rule: {regions: [us-east-1, us-east-1]}\ncode: {scanZip: no.zip, ruleZip: test/fixtures/arm64.zip}\nreport: {keepDays: 0}',
    ['5 rule.regions', '6 code.scanZip', '7 report.keepDays'],
  ],
  [
    'no list of which an item is wrong by itself',
    `rule: {regions: [eu-north-9, us-gov-west-1], invokingAccounts: [111122223333]}\n${ZIPS}`,
    ['5 rule.invokingAccounts', '5 rule.regions.0'],
  ],
  [
    'nothing that the right value would mend',
    `rule: {regions: [], invokePermission: account, invokingAccounts: [111122223333]}\n${ZIPS}`,
    ['5 rule.invokePermission'],
  ],
  [
    'nothing that the right name would mend',
    `rule: {regions: []}\n${ZIPS}\nscan: {source: both}\noptions: {configurationAgregator: true}`,
    ['8 options.configurationAgregator'],
  ],
  [
    'nothing of a section whose name is wrong',
    `rule: {regions: []}\n${ZIPS}\nscan: {source: both}\noption: {configurationAggregator: true}`,
    ['8 option'],
  ],
  ['no section that is a text', `rule: everywhere\n${ZIPS}`, ['5 rule']],
];

for (const [name, text, expected] of BESIDE) {
  test(`beside a value that is wrong by itself is told: ${name}`, () => {
    assert.deepEqual(where(BASE + text, deploymentProblems).sort(), ['4 logs.level', ...expected]);
  });
}

const TWICE: [name: string, text: string, ...expected: RegExp[]][] = [
  [
    'a section',
    `rule: {regions: []}\nlogs:\n  days: 30\n`,
    /^line 6: `logs` is given twice, first in line 4; allowed: once$/,
  ],
  [
    'a setting, beside what is wrong in the last of them',
    'rule:\n  regions: []\n  frequency: One_Hour\n  regions: []\n  regions: [eu-north-9]\n',
    /^line 4: `logs.level` is /,
    /^line 9: `rule.regions` is given 3 times, first in line 6; allowed: once$/,
    /^line 9: `rule.regions.0` is /,
  ],
  [
    'what a list has, and a tag',
    'rule: {regions: []}\npolicy:\n  overrides:\n    - name: one\n      name: two\n      regions: [us-east-1]\n      requireDualLayer: true\ntags:\n  a.b: c\n  a.b: d\n',
    /^line 4: `logs.level` is /,
    /^line 9: `policy.overrides.0.name` is given twice, first in line 8; allowed: once$/,
    /^line 14: `tags.a.b` is given twice, first in line 13; allowed: once$/,
  ],
];

for (const [name, text, ...expected] of TWICE) {
  test(`refuses what is given twice: ${name}`, () => {
    const told = problems(BASE + text);
    assert.equal(told.length, expected.length, told.join('\n'));
    for (const [index, pattern] of expected.entries()) {
      assert.match(told[index] ?? '', pattern);
    }
  });
}

test('where nothing is right, each setting is told once', () => {
  assert.equal(where('- mode', deploymentProblems).length, 1);
  assert.deepEqual(where('mode: both', deploymentProblems).sort(), ['1 mode', ' home', ' rule'].sort());
});
