import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { type Check, wrong } from '../configuration/problem';
import type { Configuration } from '../configuration/schema';

/** Paths in the configuration start here. */
const CDK = join(__dirname, '..', '..');

const MACHINES: Record<number, string> = { 62: 'x86_64', 183: 'arm64' };

/** Where the functions' code is, by the setting that says so; nothing where it is built while synthesising. */
export function codeZips({ code, rule }: Configuration): Record<string, string> {
  if (code.build === 'cargo') {
    return {};
  }
  // A deployment without a rule needs no code of it.
  return { ...(rule.regions.length > 0 ? { 'code.ruleZip': code.ruleZip } : {}), 'code.scanZip': code.scanZip };
}

/** The file behind such a path. */
export function zipFile(path: string): string {
  return resolve(CDK, path);
}

/**
 * Refuses zip files that Lambda could not run: missing ones, such without `bootstrap`, or for other processors. Lambda itself
 * would take them, and fail at every invocation.
 */
export const zipsRun: Check = (configuration) =>
  Object.entries(codeZips(configuration)).flatMap(([setting, path]) => {
    const problem = zipProblem(zipFile(path), configuration.code.architecture);
    return problem === undefined ? [] : [wrong(setting, `is \`${path}\`, ${problem}`)];
  });

function zipProblem(file: string, architecture: string): string | undefined {
  if (!existsSync(file)) {
    return 'which is not there; allowed: a zip file, such as `make lambda` makes, or `code.build: cargo`';
  }
  const head = statSync(file).isFile() ? bootstrapHead(readFileSync(file)) : undefined;
  if (head === undefined) {
    return 'which is no zip file with `bootstrap` in it; allowed: a zip file such as `make lambda` makes';
  }
  const machine = head.toString('latin1', 0, 4) === '\x7fELF' ? MACHINES[head.readUInt16LE(18)] : undefined;
  if (machine === undefined) {
    return 'whose bootstrap is no program for Linux on arm64 or x86_64; allowed: one, such as `make lambda` makes';
  }
  return machine === architecture
    ? undefined
    : `whose bootstrap is for ${machine}, while \`code.architecture\` is \`${architecture}\`; ` +
        `allowed: \`code.architecture: ${machine}\`, or \`make lambda LAMBDA_ARCH=${architecture}\``;
}

/** The first bytes of the file `bootstrap`: the zip's directory says where it is. */
function bootstrapHead(zip: Buffer): Buffer | undefined {
  try {
    const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
    let entry = zip.readUInt32LE(end + 16);
    for (let count = zip.readUInt16LE(end + 10); count > 0; count -= 1) {
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) => zip.readUInt16LE(entry + at));
      const name = zip.toString('utf8', entry + 46, entry + 46 + (nameLength ?? 0));
      if (name === 'bootstrap') {
        const header = zip.readUInt32LE(entry + 42);
        const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
        const data = zip.subarray(start, start + zip.readUInt32LE(entry + 20));
        const bytes = zip.readUInt16LE(entry + 10) === 0 ? data : inflateRawSync(data);
        return bytes.length >= 20 ? bytes.subarray(0, 20) : undefined;
      }
      entry += 46 + (nameLength ?? 0) + (extraLength ?? 0) + (commentLength ?? 0);
    }
  } catch {
    // Not a zip file after all.
  }
  return undefined;
}
