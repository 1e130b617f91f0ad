import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { environmentTooLong } from '../lib/constructs/scan-environment';
import { ofType, synthesise, text } from './support/synthesise';

/** What Lambda takes, of all variables together. */
const MOST_BYTES = 4_096;

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
notifications: {on: problem}
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
  assert.equal(variables.ECR_ENCRYPTION_EXCLUDE_ACCOUNTS, '@/opt/ecr-encryption/excluded-accounts.txt');
  assert.equal(variables.ECR_ENCRYPTION_ORGANIZATIONAL_UNITS, '@/opt/ecr-encryption/organizational-units.txt');
});

test('variables that Lambda would refuse are told, with what is long', () => {
  const bucket = reference();
  // {"A":"…"} has eight characters more, a reference counts 128.
  assert.equal(environmentTooLong({ A: `${bucket}${'a'.repeat(MOST_BYTES - 8 - 128)}` }), undefined);
  assert.equal(
    environmentTooLong({ A: `${bucket}${'a'.repeat(MOST_BYTES - 7 - 128)}` }),
    "the scan's environment variables have up to 4,097 bytes as JSON; allowed by Lambda: 4,096, with a shorter `memberRole.externalId` or `memberRole.name`, or fewer `scan.regions`. The longest are A with 4,089",
  );
});

/** As constructs have it before they are synthesised. */
function reference(): string {
  return new Bucket(new Stack(), 'Bucket').bucketName;
}
