import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { ConfigurationError } from './configuration-error';
import { crossChecks } from './cross-checks';
import { type Configuration, configurationSchema } from './schema';

/** Reads the configuration file. */
export function loadConfiguration(file: string): Configuration {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new ConfigurationError(
      [`${reason}; copy one from examples/, or name yours with \`-c configuration=FILE\``],
      file,
    );
  }
  return parseConfiguration(text, file);
}

/** Reads the text of a configuration; `file` is what messages call it. */
export function parseConfiguration(text: string, file = 'the configuration'): Configuration {
  const lines = new LineCounter();
  // The schema `failsafe` takes every value as the text that it is: account ids keep their zeros.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      document.errors.map((error) => `line ${lines.linePos(error.pos[0]).line}: ${error.message}`),
      file,
    );
  }
  const { contents } = document;
  const parsed = configurationSchema.safeParse(contents === null ? {} : plain(contents));
  if (!parsed.success) {
    throw new ConfigurationError(
      parsed.error.issues.map((issue) => {
        const given = document.getIn(issue.path, true) as Node | undefined;
        return describe(issue, given, given?.range ? lines.linePos(given.range[0]).line : undefined);
      }),
      file,
    );
  }
  const problems = crossChecks(parsed.data);
  if (problems.length > 0) {
    throw new ConfigurationError(problems, file);
  }
  return parsed.data;
}

/** A setting without a value is one that is not given. */
function plain(node: ParsedNode): unknown {
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.flatMap(({ key, value }) => {
        const settings = value === null ? undefined : plain(value as ParsedNode);
        return settings === undefined ? [] : [[String(key), settings]];
      }),
    );
  }
  if (isSeq(node)) {
    return node.items.map((item) => plain(item as ParsedNode) ?? '');
  }
  return isScalar(node) && node.source !== '' ? String(node.value) : undefined;
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function describe(issue: Issue, given: Node | undefined, line: number | undefined): string {
  const name = issue.path.map(String).join('.') || 'the file';
  const at = line === undefined ? '' : `line ${line}: `;
  if (issue.code === 'unrecognized_keys') {
    return `${at}\`${name}\`: ${issue.message}`;
  }
  if (given === undefined) {
    return `\`${name}\` is missing; allowed: ${issue.message}`;
  }
  const value = isScalar(given) ? `\`${given.value}\`` : isSeq(given) ? 'a list' : 'a section';
  return `${at}\`${name}\` is ${value}; allowed: ${issue.message}`;
}
