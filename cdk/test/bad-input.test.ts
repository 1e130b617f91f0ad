import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfiguration, parseConfiguration } from '../lib/configuration/load';
import { deploymentProblems, refusal } from './support/refusal';

const BASE = `mode: organization
home: {account: 111122223333, region: eu-central-1}
organization: {id: o-a1b2c3d4e5, managementAccount: 111122223333, organizationalUnits: [r-ab12]}
rule: {regions: [eu-central-1]}
`;

const folder = mkdtempSync(join(tmpdir(), 'ecr-encryption-bad-input-'));
after(() => rmSync(folder, { recursive: true }));

function twice(line: number, list: string, item: string): RegExp {
  return new RegExp(
    `^line ${line}: \`${list}\` has \`${item.replace(/[.*/]/g, '\\$&')}\` more than once; allowed: each once$`,
  );
}

const WITHIN = (section: string, settings: string) => BASE.replace(`${section}: {`, `${section}: {${settings}, `);

/** Nine lists of nine, nine deep: some 400 million values. */
const BOMB = Array.from({ length: 9 }, (_, depth) => {
  const items = Array.from({ length: 9 }, () => (depth === 0 ? 'x' : `*a${depth - 1}`));
  return `a${depth}: &a${depth} [${items.join(', ')}]\n`;
}).join('');

const WRONG: [name: string, text: string, expected: RegExp][] = [
  ['a name that nothing has', `${BASE}scan: {regions: *nowhere}`, /^line 5: `\*nowhere` stands for nothing; allowed: /],
  ['a value within itself', `${BASE}scan: &a {regions: *a}`, /^line 5: `\*a` stands for too much: itself, /],
  [
    'a file that grows without end',
    BOMB,
    /^line \d: `\*a\d` stands for too much: itself, or more than 100,000 values$/,
  ],
  ['two documents', `${BASE}---\n${BASE}`, /^line 5: a second document begins; allowed: one, without `---` behind it$/],
  [
    'a file that is no text',
    '\u0000\u0001\u001b[2J',
    /^line 1: the file is `\\u0000\\u0001\\u001b\[2J`; allowed: a section /,
  ],
  ['a list in place of a section', '- mode\n', /^line 1: the file is a list; allowed: a section with mode, /],
  [
    'a wrong item in a list that another line has',
    `${BASE.replace('regions: [', 'regions: &ours [eu-north-9, ')}scan: {regions: *ours}`,
    /^line 4: `rule.regions.0` is `eu-north-9`; allowed: /,
  ],
  [
    'an account that is left out twice',
    WITHIN('organization', 'excludedAccounts: [444455556666, 444455556666]'),
    twice(3, 'organization.excludedAccounts', '444455556666'),
  ],
  [
    'an account that invokes twice',
    WITHIN('rule', 'invokePermission: accounts, invokingAccounts: [111122223333, 111122223333]'),
    twice(4, 'rule.invokingAccounts', '111122223333'),
  ],
  [
    "a key's account twice",
    `${BASE}policy: {kmsKeyAccountIds: [111122223333, 111122223333]}`,
    twice(5, 'policy.kmsKeyAccountIds', '111122223333'),
  ],
  [
    'a Region that is scanned thrice',
    `${BASE}scan: {regions: [eu-west-1, eu-west-1, eu-west-1]}`,
    twice(5, 'scan.regions', 'eu-west-1'),
  ],
  ['a format twice', `${BASE}scan: {formats: [csv, csv]}`, twice(5, 'scan.formats', 'csv')],
  [
    'an address twice',
    `${BASE}notifications: {emails: [a@example.com, a@example.com]}`,
    twice(5, 'notifications.emails', 'a@example.com'),
  ],
  [
    'accounts that may invoke, where nobody heeds them',
    WITHIN('rule', 'invokingAccounts: [111122223333]'),
    /^line 4: `rule.invokingAccounts` is given, and `rule.invokePermission` is `service`, which does not heed it; allowed with `accounts`$/,
  ],
  [
    'units of two organizations',
    BASE.replace('r-ab12', 'ou-ab12-11111111, ou-cd34-11111111'),
    /^line 3: `organization.organizationalUnits` has units of 2 roots \(r-ab12, r-cd34\); /,
  ],
  [
    'a conformance pack with a name that is none',
    WITHIN('rule', 'deployAs: conformance-pack, name: ecr_encryption'),
    /^line 4: `rule.name` is `ecr_encryption`; allowed for a conformance pack: letters, /,
  ],
  [
    "a function's role for the one in every account",
    `${BASE}memberRole: {name: security/ecrencryptionaggregator}`,
    /^line 5: `memberRole.name` is `security\/ecrencryptionaggregator`, the role of a function; allowed: any other$/,
  ],
  [
    'reports where results of queries are removed',
    `${BASE}report: {prefix: athena-results/ecr}`,
    /^line 5: `report.prefix` is `athena-results\/ecr`, where results of queries are for 30 days; /,
  ],
  [
    'a prefix that leads elsewhere',
    `${BASE}report: {prefix: team/../ecr}`,
    /^line 5: `report.prefix` is `team\/..\/ecr`; allowed: .* without the parts `.` and `..`$/,
  ],
  [
    'a bucket name that AWS keeps for itself',
    `${BASE}report: {bucketName: reports-s3alias}`,
    /^line 5: `report.bucketName` is `reports-s3alias`; allowed: .* none that AWS keeps for itself /,
  ],
  [
    'a tag that AWS keeps for itself',
    `${BASE}tags: {"AWS:team": x}`,
    /^line 5: `tags` has the key `AWS:team`; allowed: 1–128 /,
  ],
  [
    'a tag that a terminal would act on',
    `${BASE}tags: {"\\e[2J": x}`,
    /^line 5: `tags` has the key `\\u001b\[2J`; allowed: 1–128 /,
  ],
  ['a tag with a wrong value', `${BASE}tags: {team: "<x>"}`, /^line 5: `tags.team` is `<x>`; allowed: at most 256 /],
  [
    'more tags than a resource can have',
    `${BASE}tags: {${Array.from({ length: 51 }, (_, n) => `k${n}: v`).join(', ')}}`,
    /^line 5: `tags` has 51; allowed by AWS: 50$/,
  ],
];

for (const [name, text, expected] of WRONG) {
  test(`refuses ${name}`, () => {
    const found = refusal(() => parseConfiguration(text));
    assert.match(found[0] ?? '', expected, found.join('\n'));
    // What another line has is wrong there too.
    assert.equal(found.length, text.includes('eu-north-9') ? 2 : 1, found.join('\n'));
  });
}

test('a long value is told in part', () => {
  const [problem = ''] = refusal(() => parseConfiguration(`${BASE}scan: {schedule: ${'x'.repeat(9_999)}}`));
  assert.match(problem, /^line 5: `scan.schedule` is `x{200}…`; allowed: /);
});

test('names with parts that only look like `..` are prefixes', () => {
  for (const prefix of ['..ecr', 'ecr../.team', 'athena-results-of-ours']) {
    assert.equal(parseConfiguration(`${BASE}report: {prefix: ${prefix}}`).report.prefix, prefix);
  }
});

test('names a folder in place of the file', () => {
  assert.match(refusal(() => loadConfiguration(folder))[0] ?? '', /^it is a folder; copy one from examples\/, /);
});

test('both zip files are told at once, and none that is not needed', () => {
  const nowhere = 'code: {ruleZip: no.zip, scanZip: also-no.zip}\n';
  assert.deepEqual(
    deploymentProblems(BASE + nowhere).map((problem) => problem.replace(/;.*/, '')),
    [
      'line 5: `code.ruleZip` is `no.zip`, which is not there',
      'line 5: `code.scanZip` is `also-no.zip`, which is not there',
    ],
  );
  const withoutRule = BASE.replace('regions: [eu-central-1]', 'regions: []');
  assert.equal(deploymentProblems(withoutRule + nowhere).length, 1);
  writeFileSync(join(folder, 'text.zip'), 'no zip file');
  for (const path of [folder, join(folder, 'text.zip')]) {
    const code = `code: {ruleZip: test/fixtures/arm64.zip, scanZip: ${path}}\n`;
    assert.match(
      deploymentProblems(BASE + code)[0] ?? '',
      /^line 5: `code.scanZip` is `.*`, which is no zip file with `bootstrap` in it; /,
    );
  }
});
