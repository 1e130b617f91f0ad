import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { appOf, CDK, type Example, exampleText } from './synthesise';

/** The folder with the programs of `tests/python/requirements-cdk.txt`; `make cdk-test` installs them. */
export const PROGRAMS = join(resolve(CDK, process.env.CDK_PYTHON ?? '../.tools/cdk'), 'bin');

/** Runs one of them, and gives what it writes to its standard output; a failure has all that it wrote. */
export function run(program: string, args: string[]): string {
  try {
    return execFileSync(join(PROGRAMS, program), args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${message.split('\n')[0]}\n${stdout ?? ''}${stderr ?? ''}`);
  }
}

/** Keeps what is synthesised, a folder each, until `use` has returned. */
export function inAssemblies<T>(names: readonly Example[], use: (folders: string[]) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'ecr-encryption-assembly-'));
  try {
    const folders = names.map((name) => join(root, name));
    for (const [index, name] of names.entries()) {
      appOf(exampleText(name), folders[index]).synth();
    }
    return use(folders);
  } finally {
    rmSync(root, { recursive: true });
  }
}
