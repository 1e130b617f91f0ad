import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { parseConfiguration } from '../lib/configuration/load';
import { environmentFits, environmentTooLong, scanEnvironment } from '../lib/constructs/scan-environment';
import { ofType, synthesise, text } from './support/synthesise';

/** What Lambda takes, of all variables together. */
const MOST_BYTES = 4_096;

/** As many as there may be in a Region. Their names alone may be longer. */
const TOPICS = [1, 2, 3, 4].map((n) => `arn:aws:sns:ap-southeast-1:444455556666:${'t'.repeat(59)}${n}`);

const UNKNOWN = { location: '', keyArn: '', topicArns: ['', ...TOPICS] };

const IDS = Array.from({ length: 1_000 }, (_, n) => String(100_000_000_000 + n));
const UNITS = IDS.map((id) => `ou-ab12-${id}`);
const REGIONS = RegionInfo.regions.filter(({ partition }) => partition === 'aws').map(({ name }) => name);

/** Every setting that the scan is told by a variable, as long as it may be. */
const LONG = `mode: organization
home: {account: 222233334444, region: ap-southeast-1}
organization:
  id: o-a1b2c3d4e5
  managementAccount: 111122223333
  organizationalUnits: [${UNITS.join(', ')}]
  excludedAccounts: [${IDS.join(', ')}]
rule: {regions: [ap-southeast-1]}
scan:
  regions: [${REGIONS.join(', ')}]
  formats: [jsonl, csv, html, json, parquet, ocsf, asff, sarif, junit, markdown]
  source: config
  securityHub: true
  maxRate: 10000
memberRole: {name: ${'p'.repeat(509)}/${'n'.repeat(64)}, externalId: ${'e'.repeat(1_224)}}
report: {prefix: ${'x'.repeat(200)}, bucketName: ${'b'.repeat(63)}, keepDays: 36500}
notifications: {on: problem, topicArns: [${TOPICS.join(', ')}]}
options: {configurationAggregator: true}
`;

test('1,000 accounts that are left out, and all else as long as it may be, fit what Lambda takes', () => {
  const scan = Object.values(ofType(synthesise(LONG).EcrEncryptionAggregator, 'AWS::Lambda::Function'))[0];
  const variables: Record<string, unknown> = scan?.Properties.Environment.Variables;
  assert.ok(REGIONS.length > 30 && Object.keys(variables).length > 18);
  // In place of what CloudFormation puts in, what is longer.
  const written = Object.entries(variables).map(([name, value]) => [
    name,
    text(value).replace(/<.*?>/g, 'x'.repeat(128)),
  ]);
  const bytes = JSON.stringify(Object.fromEntries(written)).length;
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
  assert.equal(text(variables.ECR_ENCRYPTION_NOTIFY).split(' sns:').length, 1 + TOPICS.length);
  assert.equal(variables.ECR_ENCRYPTION_EXCLUDE_ACCOUNTS, '@/opt/ecr-encryption/excluded-accounts.txt');
  assert.equal(variables.ECR_ENCRYPTION_ORGANIZATIONAL_UNITS, '@/opt/ecr-encryption/organizational-units.txt');
});

test('variables that Lambda would refuse are told, with what is long', () => {
  // {"A":"…"} has eight characters more.
  assert.equal(environmentTooLong({ A: 'a'.repeat(MOST_BYTES - 8) }), undefined);
  assert.equal(
    environmentTooLong({ A: 'a'.repeat(MOST_BYTES - 7) }),
    "the scan's environment variables have up to 4,097 bytes as JSON; allowed by Lambda: 4,096, with a shorter `memberRole.externalId` or `memberRole.name`, fewer `scan.regions` or `notifications.topicArns`. The longest are A with 4,089",
  );
});

test('the longest names that CloudFormation can put in are counted', () => {
  const configuration = parseConfiguration(LONG);
  assert.deepEqual(environmentFits(configuration), []);
  const regions = Array.from({ length: 10 }, () => REGIONS).flat();
  const [problem, ...others] = environmentFits({ ...configuration, scan: { ...configuration.scan, regions } });
  const written = scanEnvironment({ ...configuration, scan: { ...configuration.scan, regions } }, UNKNOWN);
  const bytes = JSON.stringify(written).length + 's3:///'.length + 200 + 3 * 128;
  assert.ok(problem?.message.includes(`have up to ${bytes.toLocaleString('en-US')} bytes`), problem?.message);
  assert.deepEqual(others, []);
});

test("topics of the scan's own Region are counted, and no others", () => {
  const configuration = parseConfiguration(LONG);
  const withTopics = (topicArns: string[]) =>
    environmentFits({ ...configuration, notifications: { ...configuration.notifications, topicArns } });
  const long = TOPICS.map((arn) => `${arn}${'t'.repeat(100)}`);
  assert.match(withTopics(long)[0]?.message ?? '', /fewer `scan.regions` or `notifications.topicArns`\. The longest/);
  assert.deepEqual(withTopics(long.map((arn) => arn.replace('ap-southeast-1', 'us-east-1'))), []);
});
