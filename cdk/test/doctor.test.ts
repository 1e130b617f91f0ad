import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LAYER_FOLDER, layerFiles } from '../lib/constructs/policy-layer';
import { doctorCommand } from '../lib/doctor-command';
import { MEMBER_STACK_SET, RULE_STACKS } from '../lib/names';
import { CDK, configurationOf, EXAMPLES, type Example, example, exampleText, ofType, only } from './support/synthesise';

const folder = mkdtempSync(join(tmpdir(), 'ecr-encryption-doctor-'));
after(() => rmSync(folder, { recursive: true }));

// In place of the program: notes its Region, its arguments, and the policy, each argument in a line of its own.
const PROGRAM = join(folder, 'ecr-encryption');
writeFileSync(
  PROGRAM,
  `#!/bin/sh
echo "$AWS_REGION"
for argument in "$@"; do printf '<%s>\\n' "$argument"; done
case " $* " in *" /dev/stdin "*) cat /dev/stdin ;; esac
`,
);
chmodSync(PROGRAM, 0o755);

/** What the program gets when a shell reads the command line. */
function got(command: string): string[] {
  const { status, stdout, stderr } = spawnSync('sh', ['-eu'], {
    input: `${command}\necho ended\n`,
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  assert.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.pop(), 'ended', 'the next command of a script is run too');
  return lines;
}

const EXPECTED: [name: Example, role: string | undefined, region: string, argumentsAndPolicy: string[]][] = [
  [
    'single-account',
    undefined,
    'eu-central-1',
    [
      ...['<doctor>', '<--home-account>', '<111122223333>', '<--accounts>', '<111122223333>'],
      ...['<--rule-regions>', '<eu-central-1>', '<--rule-name>', '<ecr-encryption>', '<--regions>', '<all>'],
    ],
  ],
  [
    'organization-everything',
    undefined,
    'eu-central-1',
    [
      ...['<doctor>', '<--home-account>', '<222233334444>'],
      ...['<--organizational-units>', '<ou-ab12-11111111,ou-ab12-22222222>', '<--exclude-accounts>', '<012345678901>'],
      ...['<--rule-regions>', '<eu-central-1,us-east-1>', '<--rule-name>', '<ecr-repositories-encrypted>'],
      ...['<--rule-as>', '<stack-sets>', '<--regions>', '<eu-central-1,eu-west-1,us-east-1>'],
      ...['<--role-name>', '<security/EcrAudit>', '<--deployed-role>', '<security/EcrAudit>'],
      ...['<--external-id>', '<ecr-encryption-2026>'],
      ...['<--stack-set>', '<EcrEncryptionMemberRole>', '<--source>', '<both>'],
      ...['<--config-aggregator>', '<ecr-encryption>', '<--config-region>', '<eu-central-1>', '<--aggregator>'],
      ...['<--include>', '<templates>', '<--security-hub>'],
      ...['<--max-rate>', '<5>', '<--policy>', '</dev/stdin>', 'exempt_tag_key = "encryption-exempt"'],
    ],
  ],
  [
    'govcloud',
    'OrganizationAccountAccessRole',
    'us-gov-west-1',
    [
      ...['<doctor>', '<--home-account>', '<111122223333>', '<--rule-regions>', '<us-gov-west-1,us-gov-east-1>'],
      ...['<--rule-name>', '<ecr-encryption>', '<--rule-as>', '<conformance-pack>', '<--regions>', '<all>'],
      ...['<--role-name>', '<OrganizationAccountAccessRole>', '<--deployed-role>', '<EcrEncryptionAudit>'],
      ...['<--stack-set>', '<EcrEncryptionMemberRole>'],
    ],
  ],
];

for (const [name, role, region, expected] of EXPECTED) {
  test(`doctor is asked about what ${name} needs`, () => {
    assert.deepEqual(got(doctorCommand(configurationOf(exampleText(name)), role)), [region, ...expected]);
  });
}

test('doctor is told where no Region is governed', () => {
  const text = exampleText('single-account', ['regions: [eu-central-1]', 'regions: []']);
  const given = got(doctorCommand(configurationOf(text)));
  assert.equal(given[given.indexOf('<--rule-regions>') + 1], '<none>');
});

test('doctor is told of an aggregator that no scan reads', () => {
  const text = exampleText('organization', ['rule:', 'options: {configurationAggregator: true}\nrule:']);
  const given = got(doctorCommand(configurationOf(text)));
  assert.ok(given.includes('<--aggregator>'), given.join('\n'));
  assert.ok(!given.includes('<--config-aggregator>') && !given.includes('<--source>'), given.join('\n'));
});

const RULES = {
  organization: 'AWS::Config::OrganizationConfigRule',
  'stack-sets': 'AWS::CloudFormation::StackSet',
  'conformance-pack': 'AWS::Config::OrganizationConformancePack',
};

test('doctor looks for the rule where it is deployed', () => {
  for (const name of EXAMPLES.filter((name) => name !== 'single-account')) {
    const command = doctorCommand(configurationOf(exampleText(name)));
    const way = (/--rule-as (\S+)/.exec(command)?.[1] ?? 'organization') as keyof typeof RULES;
    const region = /--rule-regions ([a-z0-9-]+)/.exec(command)?.[1];
    only(example(name)[`EcrEncryptionRule-${region}`], RULES[way]);
  }
  assert.doesNotMatch(doctorCommand(configurationOf(exampleText('single-account'))), /--rule-as/);
});

test('what a shell would read reaches doctor as it is', () => {
  const changes: [string, string][] = [
    ['exemptTagKey: encryption-exempt', 'exemptTagKey: "ausgenommen: für @immer +1"'],
    ['name: security/EcrAudit', 'name: "se$(cu)\'rity;/Audit"'],
  ];
  const lines = got(doctorCommand(configurationOf(exampleText('organization-everything', ...changes))));
  assert.ok(lines.includes("<se$(cu)'rity;/Audit>"), lines.join('\n'));
  assert.ok(lines.includes('exempt_tag_key = "ausgenommen: für @immer +1"'), lines.join('\n'));
});

test('another role is given no external id, which only the deployed one asks for', () => {
  const command = doctorCommand(configurationOf(exampleText('organization-everything')), 'Other');
  assert.match(command, /--role-name Other /);
  assert.doesNotMatch(command, /external-id/);
});

test('the scan is told the same as doctor, where both take it', () => {
  for (const name of EXAMPLES) {
    const flags = new Map(
      [...doctorCommand(configurationOf(exampleText(name))).matchAll(/--([a-z-]+)(?: (\S+))?/g)].map(
        ([, flag = '', value]) => [
          `ECR_ENCRYPTION_${flag.toUpperCase().replaceAll('-', '_')}`,
          value === '\\' ? 'true' : value,
        ],
      ),
    );
    const templates = example(name);
    const functions = ofType(templates.EcrEncryptionAggregator ?? templates.EcrEncryption, 'AWS::Lambda::Function');
    const variables = Object.values(functions).find(({ Properties }) => Properties.Environment)?.Properties.Environment
      .Variables;
    const both = Object.keys(variables).filter((variable) => flags.has(variable) && !variable.endsWith('_POLICY'));
    assert.ok(both.length >= 2, name);
    const files = layerFiles(configurationOf(exampleText(name)));
    // A list of the scan may be in a file, with an id in each line.
    const listed = (value: string) =>
      value.startsWith('@') ? files[value.slice(`@${LAYER_FOLDER}/`.length)]?.trimEnd().replaceAll('\n', ',') : value;
    assert.deepEqual(
      both.map((variable) => [variable, flags.get(variable)]),
      both.map((variable) => [variable, listed(variables[variable])]),
      name,
    );
    const ofScope =
      /_(REGIONS|ACCOUNTS|EXCLUDE_ACCOUNTS|ORGANIZATIONAL_UNITS|ROLE_NAME|EXTERNAL_ID|SOURCE|CONFIG_AGGREGATOR|CONFIG_REGION|INCLUDE|MAX_RATE)$/;
    assert.deepEqual(
      Object.keys(variables).filter((variable) => ofScope.test(variable) && !both.includes(variable)),
      [],
      name,
    );
  }
});

const SOURCE = join(CDK, '..', 'aggregator', 'src');
const ARGS = join(SOURCE, 'args');

test('doctor knows the names of the stacks and StackSets', {
  skip: !existsSync(ARGS) && 'it is not there',
}, () => {
  const read = (...file: string[]) => readFileSync(join(SOURCE, ...file), 'utf8');
  assert.ok(read('doctor', 'rule.rs').includes(`const RULE_STACKS: &str = "${RULE_STACKS}";`));
  assert.ok(read('args', 'doctor.rs').includes(`default_value = "${MEMBER_STACK_SET}"`));
  const stacks = { ...example('delegated-administrator'), ...example('organization-everything') };
  const stackSet = only(stacks['EcrEncryptionRule-us-east-1'], 'AWS::CloudFormation::StackSet');
  assert.equal(stackSet.Properties.StackSetName, `${RULE_STACKS}us-east-1`);
  const mended = ['mend.rs', 'access.rs', 'aggregator.rs'].map((file) => read('doctor', file)).join('\n');
  for (const stack of ['EcrEncryptionAccess', 'EcrEncryptionManagementRole', 'EcrEncryptionAggregator']) {
    assert.ok(stack in stacks && mended.includes(stack), stack);
  }
});

test('doctor has every flag that it is given', {
  skip: !existsSync(join(ARGS, 'doctor.rs')) && 'it is not there',
}, () => {
  const sources = ['doctor.rs', 'scope.rs', 'calls.rs']
    .map((file) => readFileSync(join(ARGS, file), 'utf8'))
    .join('\n');
  for (const name of EXAMPLES) {
    for (const [, flag = ''] of doctorCommand(configurationOf(exampleText(name))).matchAll(/ --([a-z-]+)/g)) {
      assert.match(sources, new RegExp(`^ +pub ${flag.replaceAll('-', '_')}: `, 'm'), flag);
    }
  }
});

const REFUSED: [name: string, args: string[], status: number, told: RegExp][] = [
  ['an unknown flag', ['--role', 'x'], 2, /^Unknown option '--role'\nusage: npm run --silent doctor -- /],
  ['two files', ['a', 'b'], 2, /^`b` is one file too many\nusage: /],
  ['a file that is not there', ['nowhere.yaml'], 1, /^nowhere.yaml cannot be used:\n- there is no such file; /],
  [
    'a role that is none',
    ['--role-name', 'a b', 'examples/organization.yaml'],
    1,
    /^the command line cannot be used:\n- `--role-name` is `a b`; allowed: a role name of 1–64 /,
  ],
  [
    'a role with a single account',
    ['--role-name', 'Other', 'examples/single-account.yaml'],
    1,
    /^the command line cannot be used:\n- `--role-name` is given, which a single account has no use for; /,
  ],
];

for (const [name, args, expected, told] of REFUSED) {
  test(`npm run doctor refuses ${name}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'bin/doctor.ts', ...args], {
      cwd: CDK,
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout], [expected, '']);
    assert.match(stderr, told);
    assert.doesNotMatch(stderr, /\n\s+at |node_modules/);
  });
}

test('npm run doctor prints the command line, and nothing else', () => {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'doctor', 'examples/organization.yaml'], {
    cwd: CDK,
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(stdout, `${doctorCommand(configurationOf(exampleText('organization')))}\n`);
});
