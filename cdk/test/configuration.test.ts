import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { editorSchema } from '../lib/configuration/editor-schema';
import { loadConfiguration, parseConfiguration } from '../lib/configuration/load';
import { problems } from './support/refusal';
import { CDK, EXAMPLES, exampleText } from './support/synthesise';

const BASE = `mode: organization
home: {account: 111122223333, region: eu-central-1}
organization: {id: o-a1b2c3d4e5, managementAccount: 111122223333, organizationalUnits: [r-ab12]}
rule: {regions: [eu-central-1]}
`;

const SINGLE = `mode: single-account
home: {account: 111122223333, region: eu-central-1}
rule: {regions: [eu-central-1]}
`;

const LONG = Array.from(
  { length: 20 },
  (_, n) => `arn:aws:kms:eu-central-1:111122223333:key/${String(n).padStart(36, '0')}`,
);

const WRONG: [name: string, text: string, ...expected: RegExp[]][] = [
  [
    'a Region that AWS does not have',
    BASE.replace('eu-central-1', 'eu-centrl-1'),
    /^line 2: `home.region` is `eu-centrl-1`; allowed: a Region of AWS, .* did you mean `eu-central-1`\?$/,
  ],
  [
    'a Region of another partition',
    `${BASE}scan: {regions: [us-gov-west-1]}`,
    /^line 5: `scan.regions.0` is `us-gov-west-1`, of the partition aws-us-gov; allowed: Regions of aws, /,
  ],
  [
    'a role name with a bad path',
    `${BASE}memberRole: {name: security//Audit}`,
    /^line 5: `memberRole.name` is `security\/\/Audit`; allowed: a role name of 1–64 /,
  ],
  [
    'a role ARN for a name',
    `${BASE}memberRole: {name: "arn:aws:iam::111122223333:role/x"}`,
    /^line 5: `memberRole.name` is `arn:/,
  ],
  [
    'an OU id that is none',
    BASE.replace('r-ab12', 'ou-prod'),
    /^line 3: `organization.organizationalUnits.0` is `ou-prod`; allowed: the id of an organizational unit, such as ou-ab12-11111111, /,
  ],
  ['an OU path where AWS wants an id', BASE.replace('r-ab12', 'Root/Prod'), /is `Root\/Prod`; allowed: the id of/],
  [
    'the root beside units',
    BASE.replace('r-ab12', 'r-ab12, ou-ab12-11111111'),
    /^line 3: `organization.organizationalUnits` has the root beside others; /,
  ],
  [
    'parameters over 1,024 characters',
    `${BASE}policy: {kmsKeyArns: [${LONG.join(', ')}]}`,
    /^line 5: `policy`: the rule's parameters have 1,\d{3} characters as JSON; allowed by AWS Config: 1,024\. The longest is `kmsKeyArns` with 1,\d{3}: name many keys by a wildcard, such as arn:aws:kms:\*:111122223333:key\/\*, or their accounts in `kmsKeyAccountIds`$/,
  ],
  [
    'a schedule that cannot be read',
    `${BASE}scan: {schedule: every day}`,
    /^line 5: `scan.schedule` is `every day`; allowed: `cron\(minute hour /,
  ],
  [
    'a time zone that is none',
    `${BASE}scan: {timezone: Berlin}`,
    /^line 5: `scan.timezone` is `Berlin`; allowed: a name of the IANA time zone database, /,
  ],
  [
    'an unknown key',
    `${BASE}polcy: {}`,
    /^line 5: unknown setting `polcy`; did you mean `policy`\?; allowed: mode, home, /,
  ],
  [
    'an unknown key inside',
    `${BASE}scan:\n  # often\n  memory: 512`,
    /^line 7: unknown setting `scan.memory`; did you mean `memoryMiB`\?; allowed: schedule, /,
  ],
  ['an unknown key like nothing', `${BASE}xyzzyxyzzy: 1`, /^line 5: unknown setting `xyzzyxyzzy`; allowed: mode/],
  ['a file that is no YAML', 'a: [1\nb: 2', /^line 2: /],
  [
    'an empty file',
    '',
    /^`mode` is missing; allowed: single-account, organization$/,
    /^`home` is missing/,
    /^`rule` is missing/,
  ],
  [
    'an account with a digit too few',
    BASE.replace('account: 111122223333', 'account: 11112222333'),
    /^line 2: `home.account` is `11112222333`; allowed: 12 digits$/,
  ],
  [
    'a level that is none',
    `${BASE}policy: {desiredEncryptionLevel: cmk}`,
    /^line 5: `policy.desiredEncryptionLevel` is `cmk`; allowed: sse, awskms, awscmk, /,
  ],
  [
    'an alias for a key',
    `${BASE}policy: {kmsKeyArns: ["arn:aws:kms:eu-central-1:111122223333:alias/images"]}`,
    /^line 5: `policy.kmsKeyArns.0` is .*; allowed: key ARNs \(no alias\)/,
  ],
  [
    'a pattern that matches no key',
    `${BASE}policy: {kmsKeyArns: ["arn:aws:s3:*"]}`,
    /^line 5: `policy.kmsKeyArns.0` is `arn:aws:s3:\*`; allowed/,
  ],
  [
    'a pattern that matches no repository',
    `${BASE}policy: {exemptRepositoryNames: [Team/*]}`,
    /is `Team\/\*`; allowed: lower-case letters/,
  ],
  [
    'an organization with one account alone',
    `${SINGLE}organization: {id: o-a1b2c3d4e5, managementAccount: 111122223333, organizationalUnits: [r-ab12]}`,
    /^line 4: `organization` is given, which mode `single-account` does not have/,
  ],
  [
    'no organization with mode organization',
    SINGLE.replace('single-account', 'organization'),
    /^`organization` is missing; /,
  ],
  [
    'the home account left out',
    BASE.replace('organizationalUnits', 'excludedAccounts: [111122223333], organizationalUnits'),
    /^line 3: `organization.excludedAccounts` has `home.account`/,
  ],
  [
    'Athena without Parquet',
    `${SINGLE}options: {athena: true}`,
    /^line 4: `options.athena` is `true` and `scan.formats` lacks `parquet`/,
  ],
  [
    'AWS Config as the source without its aggregator',
    `${BASE}scan: {source: config}`,
    /^line 5: `scan.source` is `config`, which reads an AWS Config aggregator; /,
  ],
  [
    'AWS Config as the source of one account',
    `${SINGLE}scan: {source: both}`,
    /^line 4: `scan.source` is `both`, which reads an AWS Config aggregator of an organization; allowed with mode `single-account`: `api`$/,
  ],
  [
    'templates, which AWS Config does not record',
    `${BASE}scan: {source: config, templates: true}\noptions: {configurationAggregator: true}`,
    /^line 5: `scan.templates` is `true`, and `scan.source` is `config`, .*; allowed: with `scan.source` `api` or `both`$/,
  ],
  [
    'an aggregator of one account',
    `${SINGLE}options: {configurationAggregator: true}`,
    /^line 4: `options.configurationAggregator` is `true`; allowed with mode `organization` only$/,
  ],
  [
    'a conformance pack for some units',
    BASE.replace('r-ab12', 'ou-ab12-11111111').replace('rule: {', 'rule: {deployAs: conformance-pack, '),
    /^line 4: `rule.deployAs` is `conformance-pack`, /,
  ],
  [
    'no accounts that may invoke',
    BASE.replace('rule: {', 'rule: {invokePermission: accounts, '),
    /^line 4: `rule.invokingAccounts` is empty; /,
  ],
  [
    'a permission for others with one account',
    SINGLE.replace('rule: {', 'rule: {invokePermission: organization, '),
    /^line 3: `rule.invokePermission` is `organization`; /,
  ],
  [
    'a Region twice',
    BASE.replace('regions: [', 'regions: [eu-central-1, '),
    /^line 4: `rule.regions` has `eu-central-1` more than once; allowed: each once$/,
  ],
  [
    'runs that go before the lock does',
    `${BASE}report: {keepDays: 30, objectLock: {mode: governance, days: 90}}`,
    /^line 5: `report.keepDays` is `30`; allowed: at least the 90 days /,
  ],
  ['days that CloudWatch does not have', `${BASE}logs: {days: 33}`, /^line 5: `logs.days` is `33`; allowed: 1, 3, 5, /],
  [
    'a bucket name with capitals',
    `${BASE}report: {bucketName: Reports}`,
    /^line 5: `report.bucketName` is `Reports`; allowed: 3–63 lower-case/,
  ],
  ['a prefix with a slash in front', `${BASE}report: {prefix: /ecr}`, /^line 5: `report.prefix` is `\/ecr`; allowed: /],
  [
    'a text where a list belongs',
    `${BASE}notifications: {emails: security@example.com}`,
    /^line 5: `notifications.emails` is `security@example.com`; allowed: a list/,
  ],
  [
    'memory that is no number',
    `${BASE}scan: {memoryMiB: 1 GB}`,
    /^line 5: `scan.memoryMiB` is `1 GB`; allowed: a whole number from 256 to 10,240$/,
  ],
  [
    'an override that applies nowhere and changes nothing',
    `${BASE}policy: {overrides: [{name: x}]}`,
    /^line 5: `policy.overrides.0` \(`x`\) does not say where it applies; allowed: at least one of accounts, /,
    /^line 5: `policy.overrides.0` \(`x`\) changes nothing; allowed: at least one of desiredEncryptionLevel, /,
  ],
  [
    'an override for units of one account',
    `${SINGLE}policy: {overrides: [{name: x, organizationalUnits: [Root/Prod], requireDualLayer: true}]}`,
    /^line 4: `policy.overrides.0.organizationalUnits` is given; allowed with mode `organization` only/,
  ],
  [
    'an override for another account than the only one',
    `${SINGLE}policy: {overrides: [{name: x, accounts: [111122223333, 444455556666], requireDualLayer: true}]}`,
    /^line 4: `policy.overrides.0.accounts` has `444455556666`; allowed with mode `single-account`: `home.account` \(`111122223333`\)$/,
  ],
  [
    'an override for a unit of another organization',
    `${BASE}policy: {overrides: [{name: x, organizationalUnits: [Root/Prod, ou-ab12-11111111, ou-cd34-11111111], requireDualLayer: true}]}`,
    /^line 5: `policy.overrides.0.organizationalUnits` has `ou-cd34-11111111`; allowed: units of the organization, whose root is r-ab12$/,
  ],
  [
    'an override for a Region of another partition',
    `${BASE}policy: {overrides: [{name: x, regions: [us-gov-west-1], requireDualLayer: true}]}`,
    /^line 5: `policy.overrides.0.regions.0` is `us-gov-west-1`, of the partition aws-us-gov; allowed: Regions of aws, /,
  ],
  [
    'two things at once',
    `${BASE.replace('r-ab12', 'x')}logs: {level: LOUD}`,
    /organizationalUnits\.0/,
    /`logs.level` is `LOUD`; allowed: INFO, DEBUG, TRACE$/,
  ],
];

for (const [name, text, ...expected] of WRONG) {
  test(`refuses ${name}`, () => {
    const found = problems(text);
    assert.equal(found.length, expected.length, found.join('\n'));
    for (const [index, pattern] of expected.entries()) {
      assert.match(found[index] ?? '', pattern);
    }
  });
}

test('names the file that is not there', () => {
  assert.throws(() => loadConfiguration('/nowhere/configuration.yaml'), {
    message:
      '/nowhere/configuration.yaml cannot be used:\n- there is no such file; copy one from examples/, or name yours with `-c configuration=FILE`',
  });
});

test('takes account ids as they are written, and settings without a value as not given', () => {
  const { organization, report } = parseConfiguration(
    `${BASE.replace('managementAccount: 111122223333', 'managementAccount: 012345678901')}report:\n  keepDays:\n  objectLock:\n`,
  );
  assert.equal(organization?.managementAccount, '012345678901');
  assert.deepEqual([report.keepDays, report.objectLock], [undefined, undefined]);
});

test('takes for a rule a name that a conformance pack could not have', () => {
  assert.equal(parseConfiguration(BASE.replace('rule: {', 'rule: {name: 3_ecr, ')).rule.name, '3_ecr');
});

test("takes what another line has, by YAML's anchors", () => {
  const { rule, scan } = parseConfiguration(`${BASE.replace('regions: [', 'regions: &ours [')}scan: {regions: *ours}`);
  assert.deepEqual(scan.regions, rule.regions);
});

test('the schema for editors is up to date: npm run schema', () => {
  assert.equal(readFileSync(join(CDK, 'configuration.schema.json'), 'utf8'), editorSchema());
});

test('every example names the schema', () => {
  for (const name of EXAMPLES) {
    assert.match(exampleText(name), /^# yaml-language-server: \$schema=\.\.\/configuration\.schema\.json\n/);
  }
});

test('the example with everything has every setting', () => {
  const text = exampleText('organization-everything');
  const named = [...editorSchema().matchAll(/^ {4,}"(\w+)": \{$/gm)].map(([, name]) => name ?? '');
  const keywords = ['properties', 'items', 'additionalProperties', 'propertyNames'];
  // What excludes what is there, and what only one machine has.
  const others = ['code', 'architecture', 'build', 'ruleZip', 'scanZip', 'invokingAccounts'];
  const missing = named.filter((name) => ![...keywords, ...others].includes(name) && !text.includes(`${name}:`));
  assert.deepEqual(missing, []);
});
