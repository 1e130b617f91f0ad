import { readFileSync } from 'node:fs';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigurationError } from './configuration-error';
import { crossChecks } from './cross-checks';
import { nearest } from './field';
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
  const parsed = configurationSchema.safeParse(contents === null ? {} : plain(contents, document));
  if (!parsed.success) {
    throw new ConfigurationError(
      parsed.error.issues.flatMap((issue) =>
        describe(issue, document.getIn(issue.path, true) as Node | undefined, lines),
      ),
      file,
    );
  }
  const problems = crossChecks(parsed.data);
  if (problems.length > 0) {
    throw new ConfigurationError(problems, file);
  }
  return parsed.data;
}

/** The settings as texts, lists and sections. A setting without a value is one that is not given. */
function plain(node: unknown, document: Document): unknown {
  if (isAlias(node)) {
    return plain(node.resolve(document), document);
  }
  if (isMap(node)) {
    return Object.fromEntries(node.items.map(({ key, value }) => [String(key), plain(value, document)]));
  }
  if (isSeq(node)) {
    return node.items.map((item) => plain(item, document) ?? '');
  }
  return isScalar(node) && !isEmpty(node) ? String(node.value) : undefined;
}

function isEmpty(node: unknown): boolean {
  return node === undefined || (isScalar(node) && node.source === '');
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function describe(issue: Issue, given: Node | undefined, lines: LineCounter): string[] {
  const name = issue.path.map(String).join('.');
  const at = (node: Node | null | undefined) => (node?.range ? `line ${lines.linePos(node.range[0]).line}: ` : '');
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => {
      const written = isMap<Node>(given) ? given.items.find((item) => String(item.key) === key)?.key : given;
      const meant = nearest(key, issue.message.split(', '));
      const unknown = `${at(written)}unknown setting \`${[...issue.path, key].join('.')}\``;
      return `${unknown}${meant ? `; did you mean \`${meant}\`?` : ''}; allowed: ${issue.message}`;
    });
  }
  const what = name === '' ? 'the file' : `\`${name}\``;
  if (isEmpty(given)) {
    return [`${what} is missing; allowed: ${issue.message}`];
  }
  const value = isScalar(given) ? `\`${given.value}\`` : isSeq(given) ? 'a list' : 'a section';
  return [`${at(given)}${what} is ${value}; allowed: ${issue.message}`];
}
