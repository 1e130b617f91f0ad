import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problems } from './support/refusal';

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
function where(text: string): string[] {
  return problems(text).map((problem) => problem.replace(/^(?:line (\d+): )?`(.*?)`.*/, '$1 $2'));
}

test('what does not fit together is told with the line of what has to be changed', () => {
  assert.deepEqual(where(WRONG).sort(), [
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
