import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError } from '../lib/configuration/configuration-error';
import { parseConfiguration } from '../lib/configuration/load';
import { ofType, only, synthesise, type Template } from './support/synthesise';

/** The settings that decide which stacks and roles there are, with each of their values. */
const SETTINGS = {
  home: ['a single account', 'the management account', 'a delegated administrator'],
  regions: ['[]', '[eu-central-1]', '[us-east-1]'],
  source: ['api', 'config', 'both'],
  templates: ['false', 'true'],
  securityHub: ['false', 'true'],
} as const;
type Chosen = { [name in keyof typeof SETTINGS]: string };

/** All combinations of the settings. */
const ALL = Object.entries(SETTINGS).reduce<Partial<Chosen>[]>(
  (chosen, [name, values]) => chosen.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
  [{}],
) as Chosen[];

function configurationText({ home, regions, source, templates, securityHub }: Chosen): string {
  const isSingle = home === 'a single account';
  const account = home === 'a delegated administrator' ? '222233334444' : '111122223333';
  return `mode: ${isSingle ? 'single-account' : 'organization'}
home: {account: ${account}, region: eu-central-1}
${isSingle ? '' : 'organization: {id: o-a1b2c3d4e5, managementAccount: 111122223333, organizationalUnits: [r-ab12]}\n'}\
rule: {regions: ${regions}}
scan: {source: ${source}, templates: ${templates}, securityHub: ${securityHub}}
options: {configurationAggregator: ${source !== 'api' && !isSingle}}
`;
}

function isRefused({ home, source, templates }: Chosen): boolean {
  return home === 'a single account' ? source !== 'api' : source === 'config' && templates === 'true';
}

/** Documents of policies that say nothing, and so are refused by AWS. */
function emptyPolicies(template: Template): string[] {
  const found: string[] = [];
  const look = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null) {
      return;
    }
    for (const [name, within] of Object.entries(value)) {
      const statements = name.endsWith('PolicyDocument') ? within.Statement : undefined;
      if (
        name.endsWith('PolicyDocument') &&
        !statements?.every?.(({ Action }: { Action?: string[] }) => Action?.length)
      ) {
        found.push(`${path}/${name}`);
      }
      look(name === 'TemplateBody' ? JSON.parse(within) : within, `${path}/${name}`);
    }
  };
  look(template.Resources, '');
  return found;
}

for (const home of SETTINGS.home) {
  test(`from ${home}, all combinations of settings are refused by one sentence, or make whole stacks`, () => {
    const chosen = ALL.filter((one) => one.home === home);
    for (const one of chosen) {
      const text = configurationText(one);
      if (isRefused(one)) {
        assert.throws(
          () => parseConfiguration(text),
          (error) =>
            error instanceof ConfigurationError &&
            /^.*:\n- line \d: `scan.(source|templates)` is .*; allowed.*$/.test(error.message),
          JSON.stringify(one),
        );
        continue;
      }
      for (const [name, template] of Object.entries(synthesise(text))) {
        assert.ok(Object.keys(template.Resources).length > 0, `${JSON.stringify(one)}: ${name}`);
        assert.deepEqual(emptyPolicies(template), [], `${JSON.stringify(one)}: ${name}`);
      }
    }
    assert.ok(chosen.filter(isRefused).length > 0 && !chosen.every(isRefused));
  });
}

test('where AWS Config is all that is read, no account gets a role, and nothing enters one', () => {
  const chosen = { home: 'a delegated administrator', regions: '[]', source: 'config', templates: 'false' };
  const templates = synthesise(configurationText({ ...chosen, securityHub: 'false' }));
  assert.deepEqual(Object.keys(templates).sort(), ['EcrEncryptionAccess', 'EcrEncryptionAggregator']);
  const access = templates.EcrEncryptionAccess;
  assert.deepEqual(ofType(access, 'AWS::CloudFormation::StackSet'), {});
  assert.equal(only(access, 'AWS::IAM::Role').Properties.RoleName, 'EcrEncryptionAggregator');
  assert.doesNotMatch(JSON.stringify(templates), /ECR_ENCRYPTION_(ROLE_NAME|EXTERNAL_ID)|EcrEncryptionAudit/);
  // Security Hub is told in the account that a finding is about.
  const telling = synthesise(configurationText({ ...chosen, securityHub: 'true' }));
  assert.ok(telling.EcrEncryptionManagementRole);
  only(telling.EcrEncryptionAccess, 'AWS::CloudFormation::StackSet');
});
