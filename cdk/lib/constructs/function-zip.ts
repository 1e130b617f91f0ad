import { existsSync, readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { ConfigurationError } from '../configuration/configuration-error';

const MACHINES: Record<number, string> = { 62: 'x86_64', 183: 'arm64' };

/**
 * Refuses a zip file that Lambda could not run: a missing one, one without `bootstrap`, or one for other processors. Lambda
 * itself would take it, and fail at every invocation.
 */
export function checkZip(file: string, setting: string, path: string, architecture: string): void {
  const refused = (problem: string, allowed: string) =>
    new ConfigurationError([`\`${setting}\` is \`${path}\`, ${problem}; allowed: ${allowed}`]);
  if (!existsSync(file)) {
    throw refused('which is not there', 'a zip file, such as `make lambda` makes, or `code.build: cargo`');
  }
  const head = bootstrapHead(readFileSync(file));
  if (head === undefined) {
    throw refused('which is no zip file with `bootstrap` in it', 'a zip file such as `make lambda` makes');
  }
  const machine = head.toString('latin1', 0, 4) === '\x7fELF' ? MACHINES[head.readUInt16LE(18)] : undefined;
  if (machine !== architecture) {
    throw refused(
      `whose bootstrap is ${machine ? `for ${machine}` : 'no program for Linux'}, while \`code.architecture\` is \`${architecture}\``,
      machine
        ? `\`code.architecture: ${machine}\`, or \`make lambda LAMBDA_ARCH=${architecture}\``
        : 'a program for Linux',
    );
  }
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
