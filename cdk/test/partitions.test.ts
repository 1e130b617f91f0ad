import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problems } from './support/refusal';

function configuration(region: string, policy: string): string {
  return `mode: single-account
home: {account: 111122223333, region: ${region}}
rule: {regions: [${region}]}
policy: {${policy}}
`;
}

const OWN: [region: string, glob: string][] = [
  ['eu-central-1', 'arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-0000-0000-0000-000000000000'],
  ['eu-central-1', 'arn:a*:kms:*:111122223333:key/*'],
  ['us-gov-west-1', 'arn:aws-us-gov:kms:*:111122223333:key/*'],
  ['us-gov-west-1', 'arn:aws*'],
  ['us-gov-west-1', 'arn:aws-us-???:kms:*'],
  ['cn-north-1', '*:111122223333:key/*'],
];

const OTHERS: [region: string, glob: string][] = [
  ['us-gov-west-1', 'arn:aws:kms:us-gov-west-1:111122223333:key/0a1b2c3d-0000-0000-0000-000000000000'],
  ['us-gov-west-1', 'arn:aws:kms:*:111122223333:key/*'],
  ['us-gov-west-1', 'arn:aws-cn*'],
  ['cn-north-1', 'arn:aws-us-???:kms:*'],
  ['eu-central-1', 'arn:aws-cn:kms:*'],
  ['eu-central-1', 'arn:aws?:kms:*'],
];

for (const [region, glob] of OWN) {
  test(`in ${region}, keys may be ${glob}`, () => {
    assert.deepEqual(problems(configuration(region, `kmsKeyArns: ["${glob}"]`)), []);
  });
}

for (const [region, glob] of OTHERS) {
  test(`in ${region}, no key is ${glob}, in overrides neither`, () => {
    const override = `overrides: [{name: x, repositories: ["*"], kmsKeyArns: ["arn:*", "${glob}"]}]`;
    const told = problems(configuration(region, `kmsKeyArns: ["${glob}"], ${override}`));
    const partition = { u: 'aws-us-gov', c: 'aws-cn', e: 'aws' }[region[0] ?? ''];
    assert.deepEqual(
      told,
      ['policy.kmsKeyArns.0', 'policy.overrides.0.kmsKeyArns.1'].map(
        (name) =>
          `line 4: \`${name}\` is \`${glob}\`, which no key of the partition ${partition} has; allowed: what begins with arn:${partition}:, as \`home.region\` (\`${region}\`) demands`,
      ),
    );
  });
}

test('the way out of too many keys is one of the own partition', () => {
  const keys = Array.from(
    { length: 20 },
    (_, n) => `"arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/${String(n).padStart(36, '0')}"`,
  );
  const [told = ''] = problems(configuration('us-gov-west-1', `kmsKeyArns: [${keys.join(', ')}]`));
  assert.match(told, /such as arn:aws-us-gov:kms:\*:111122223333:key\/\*, /);
});
