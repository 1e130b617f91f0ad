import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { parseConfiguration } from '../lib/configuration/load';
import { deploy } from '../lib/deployment';
import { deploymentProblems } from './support/refusal';
import { normalised } from './support/snapshot';
import { CDK, context, example, exampleText, ofType, type Template } from './support/synthesise';

const folder = mkdtempSync(join(tmpdir(), 'ecr-encryption-app-'));
after(() => rmSync(folder, { recursive: true }));

const ZIPS = 'code: {ruleZip: test/fixtures/arm64.zip, scanZip: test/fixtures/arm64.zip}\n';

/** Runs `cdk synth` as a user does. Whatever would go to the network meets a port that nobody listens on. */
function synth(name: string, text: string) {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  const output = join(folder, name);
  const { status, stdout, stderr } = spawnSync(
    join(CDK, 'node_modules', '.bin', 'cdk'),
    ['synth', '--quiet', '--output', output, '--context', `configuration=${file}`],
    {
      cwd: CDK,
      encoding: 'utf8',
      env: {
        ...process.env,
        HTTPS_PROXY: 'http://127.0.0.1:9',
        HTTP_PROXY: 'http://127.0.0.1:9',
        AWS_EC2_METADATA_DISABLED: 'true',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
      },
    },
  );
  const template = (stack: string): Template =>
    JSON.parse(readFileSync(join(output, `${stack}.template.json`), 'utf8'));
  return { status, told: stdout + stderr, template };
}

test('cdk synth gives what the other tests look at, without the network', () => {
  const { status, told, template } = synth('single-account', exampleText('single-account') + ZIPS);
  assert.equal(status, 0, told);
  assert.deepEqual(normalised(template('EcrEncryption')), normalised(example('single-account').EcrEncryption));
});

test('cdk synth says what is wrong with the configuration, and nothing else', () => {
  const { status, told } = synth('wrong', exampleText('single-account', ['eu-central-1', 'eu-centrl-1']));
  assert.notEqual(status, 0);
  assert.match(
    told,
    /wrong\.yaml cannot be used:\n- line 5: `home.region` is `eu-centrl-1`; allowed: .*; did you mean `eu-central-1`\?/,
  );
  assert.doesNotMatch(told, /\n\s+at |node_modules/);
});

test('cdk synth says that zip files are missing, and nothing else', () => {
  const { status, told } = synth(
    'zips',
    `${exampleText('single-account')}code: {ruleZip: no.zip, scanZip: test/fixtures/x86_64.zip}\n`,
  );
  assert.notEqual(status, 0);
  assert.match(
    told,
    /cannot be used:\n- line 10: `code.ruleZip` is `no.zip`, which is not there; .*\n- line 10: `code.scanZip` is .*, whose/,
  );
  assert.doesNotMatch(told, /\n\s+at |node_modules/);
});

const ARM64 = 'test/fixtures/arm64.zip';

const REFUSED: [name: string, ruleZip: string, scanZip: string, expected: RegExp][] = [
  [
    'a zip file that is not there',
    'nowhere.zip',
    ARM64,
    /`code.ruleZip` is `nowhere.zip`, which is not there; allowed: a zip file, such as `make lambda` makes, or `code.build: cargo`/,
  ],
  [
    'a file that is no zip file',
    'package.json',
    ARM64,
    /`code.ruleZip` is `package.json`, which is no zip file with `bootstrap` in it; /,
  ],
  [
    'a zip file for other processors',
    ARM64,
    'test/fixtures/x86_64.zip',
    /`code.scanZip` is `test\/fixtures\/x86_64.zip`, whose bootstrap is for x86_64, while `code.architecture` is `arm64`; allowed: `code.architecture: x86_64`, or `make lambda LAMBDA_ARCH=arm64`/,
  ],
];

for (const [name, ruleZip, scanZip, expected] of REFUSED) {
  test(`refuses ${name}`, () => {
    const code = `code: {ruleZip: ${ruleZip}, scanZip: ${scanZip}}\n`;
    const found = deploymentProblems(exampleText('single-account') + code);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', expected);
  });
}

test('cargo-lambda that is not there is told with all else', () => {
  const path = process.env.PATH;
  process.env.PATH = folder;
  try {
    const text = `${exampleText('single-account', ['regions: [eu-central-1]', 'regions: [us-gov-west-1]'])}code: {build: cargo}\n`;
    const found = deploymentProblems(text);
    assert.equal(found.length, 2, found.join('\n'));
    assert.match(found[0] ?? '', /`rule.regions.0`/);
    assert.equal(
      found[1],
      'line 10: `code.build` is `cargo`, and `cargo lambda` cannot be run; allowed: `zip`, or install cargo-lambda',
    );
  } finally {
    process.env.PATH = path;
  }
});

test('with `code.build: cargo`, cargo-lambda builds both functions', () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  // In place of cargo: does with `cargo lambda build` what CDK waits for, and notes how it was called.
  const script = `#!/bin/sh
[ "$2" = --version ] && { echo "cargo-lambda 1.9.2"; exit 0; }
echo "$@" >>${join(folder, 'called')}
while [ $# -gt 0 ]; do
  case $1 in --lambda-dir) dir=$2 ;; --bin) bin=$2 ;; esac
  shift
done
mkdir -p "$dir/$bin" && echo "$bin" >"$dir/$bin/bootstrap"
`;
  let template: Template;
  for (const program of ['cargo', 'cargo-lambda']) {
    writeFileSync(join(bin, program), script);
    chmodSync(join(bin, program), 0o755);
  }
  const path = process.env.PATH;
  process.env.PATH = `${bin}:${path}`;
  try {
    const configuration = parseConfiguration(`${exampleText('single-account')}code: {build: cargo}\n`);
    const app = new App({ outdir: join(folder, 'cargo'), context: context() });
    deploy(app, configuration);
    template = app.synth().getStackByName('EcrEncryption').template;
  } finally {
    process.env.PATH = path;
  }
  const called = readFileSync(join(folder, 'called'), 'utf8');
  assert.match(called, /^lambda build .* --arm64 --bin ecr-encryption-rule .* --release --locked$/m);
  assert.match(called, /^lambda build .* --arm64 --bin ecr-encryption .* --release --locked$/m);
  const functions = Object.values(ofType(template, 'AWS::Lambda::Function'));
  assert.deepEqual(
    functions.map(({ Properties }) => [Properties.Runtime, Properties.Handler]),
    [
      ['provided.al2023', 'bootstrap'],
      ['provided.al2023', 'bootstrap'],
    ],
  );
});

test('no lock file names a registry', () => {
  const lock = readFileSync(join(CDK, 'package-lock.json'), 'utf8');
  assert.doesNotMatch(lock, /"resolved"|registry/);
});

test('no file is longer than 300 lines', () => {
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--', '*.ts'], { cwd: CDK, encoding: 'utf8' });
  const files = stdout.split('\0').filter(Boolean);
  assert.ok(files.length > 30);
  assert.deepEqual(
    files.filter((file) => readFileSync(join(CDK, file), 'utf8').split('\n').length > 300),
    [],
  );
});
