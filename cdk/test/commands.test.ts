import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { appOf, CDK, exampleText } from './support/synthesise';

const README = readFileSync(join(CDK, 'README.md'), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'ecr-encryption-commands-'));
after(() => rmSync(folder, { recursive: true }));
const assembly = appOf(exampleText('delegated-administrator'), join(folder, 'cdk.out')).synth();

/** The commands that name stacks, as README.md has them, without their comments. */
const COMMANDS = [
  ...new Set(
    [...README.matchAll(/^npx cdk ((?:diff|deploy|destroy) [^-\n].*?)(?: +#.*)?$/gm)].map(([, words = '']) => words),
  ),
].map((words) => words.replaceAll('REGION', 'us-east-1'));

/** What a command tells, which gets no further than to the credentials that it lacks, or to a question that nobody answers. */
function told(args: string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
  const proxies = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };
  return new Promise((resolve) => {
    const options = { cwd: CDK, env: { ...env, ...proxies } };
    const program = join(CDK, 'node_modules', '.bin', 'cdk');
    const child = execFile(program, ['--app', assembly.directory, ...args], options, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
    child.stdin?.end();
  });
}

/** The stacks that a command is about: those that it names, and those that the CDK takes along. */
async function stacksOf(words: string[]): Promise<string[]> {
  const given = words.filter((word) => word !== '--profile' && word !== 'management');
  const output = await told(given);
  assert.match(output, /no credentials have been configured|terminal \(TTY\) is not attached/, words.join(' '));
  const [, included = ''] = /^Including depend\w+ stacks: (.*)$/m.exec(output) ?? [];
  const patterns = given.slice(1).filter((word) => !word.startsWith('-'));
  const all = assembly.stacks.map(({ stackName }) => stackName);
  const named = patterns.flatMap((pattern) => {
    const found = all.filter((name) => new RegExp(`^${pattern.replace('*', '.*')}$`).test(name));
    return found.length > 0 ? found : assert.fail(pattern);
  });
  return [...named, ...included.split(', ').filter(Boolean)];
}

function accountsOf(names: string[]): string[] {
  return [...new Set(names.map((name) => assembly.getStackByName(name).environment.account))];
}

test('from a delegated administrator, each command is about one account, whose credentials it has', async () => {
  assert.ok(COMMANDS.length >= 7, COMMANDS.join('\n'));
  const words = COMMANDS.map((command) => command.split(/ +/).map((word) => word.replaceAll("'", '')));
  const stacks = await Promise.all(words.map(stacksOf));
  for (const [index, command] of COMMANDS.entries()) {
    const account = command.includes('--profile management') ? '111122223333' : '222233334444';
    assert.deepEqual(accountsOf(stacks[index] ?? []), [account], command);
  }
  for (const what of ['diff', 'deploy', 'destroy']) {
    const reached = stacks.filter((_, index) => words[index]?.[0] === what).flat();
    assert.deepEqual([...new Set(reached)].sort(), assembly.stacks.map(({ stackName }) => stackName).sort(), what);
  }
});

test('without `--exclusively`, the CDK would take along stacks of another account', async () => {
  for (const command of ['destroy EcrEncryptionAccess', 'deploy EcrEncryptionManagementRole']) {
    assert.equal(accountsOf(await stacksOf(command.split(' '))).length, 2, command);
  }
});
