import { readFileSync } from 'node:fs';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import { ConfigurationError } from './configuration-error';
import { CROSS_CHECKS } from './cross-checks';
import { nearest } from './field';
import type { Check } from './problem';
import { found, rightValues } from './right-values';
import { type Configuration, configurationSchema } from './schema';
import { givenAgain, isEmpty, nodeAt, plainValues, ValueError } from './yaml-values';

/** Reads the configuration file; `checks` look at it beside those of settings that do not fit together. */
export function loadConfiguration(file: string, checks: readonly Check[] = []): Configuration {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: 'there is no such file', EISDIR: 'it is a folder' }[code ?? ''] ?? message;
    throw new ConfigurationError(
      [`${reason}; copy one from examples/, or name yours with \`-c configuration=FILE\``],
      file,
    );
  }
  return parseConfiguration(text, file, checks);
}

/** Reads the text of a configuration; `file` is what messages call it. */
export function parseConfiguration(
  text: string,
  file = 'the configuration',
  checks: readonly Check[] = [],
): Configuration {
  const lines = new LineCounter();
  // The schema `failsafe` takes every value as the text that it is: account ids keep their zeros.
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      document.errors.map((error) => `line ${lines.linePos(error.pos[0]).line}: ${syntaxProblem(error)}`),
      file,
    );
  }
  const values = valuesOf(document, lines, file);
  const parsed = configurationSchema.safeParse(values);
  const right = parsed.success ? parsed.data : rightValues(configurationSchema, values);
  const crossing = right === undefined ? [] : [...CROSS_CHECKS, ...checks].flatMap((check) => found(check, right));
  const problems = [
    ...givenAgain(document.contents).map(({ path, names }) => twice(path, names, lines)),
    ...(parsed.error?.issues ?? []).flatMap((issue) => describe(issue, nodeAt(document, issue.path), lines)),
    ...crossing.map(({ path, message }) => `${lineOf(nodeAt(document, path), lines)}${message}`),
  ];
  if (problems.length > 0 || !parsed.success) {
    throw new ConfigurationError(problems, file);
  }
  return parsed.data;
}

function syntaxProblem({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'a second document begins; allowed: one, without `---` behind it' : message;
}

function twice(path: readonly string[], names: readonly Node[], lines: LineCounter): string {
  const times = names.length === 2 ? 'twice' : `${names.length} times`;
  const first = lineOf(names[0], lines).slice(0, -2);
  return `${lineOf(names.at(-1), lines)}\`${shown(path.join('.'))}\` is given ${times}, first in ${first}; allowed: once`;
}

/** An empty file lacks what must be there, like any other. */
function valuesOf(document: Document, lines: LineCounter, file: string): unknown {
  try {
    return plainValues(document) ?? {};
  } catch (error) {
    if (!(error instanceof ValueError)) {
      throw error;
    }
    throw new ConfigurationError([`${lineOf(error.node, lines)}${error.message}`], file);
  }
}

function lineOf(node: Node | null | undefined, lines: LineCounter): string {
  return node?.range ? `line ${lines.linePos(node.range[0]).line}: ` : '';
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function describe(issue: Issue, given: Node | undefined, lines: LineCounter): string[] {
  const name = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => {
      const written = isMap<Node>(given) ? given.items.find((item) => String(item.key) === key)?.key : given;
      const meant = nearest(key, issue.message.split(', '));
      const unknown = `${lineOf(written, lines)}unknown setting \`${shown([...issue.path, key].join('.'))}\``;
      return `${unknown}${meant ? `; did you mean \`${meant}\`?` : ''}; allowed: ${issue.message}`;
    });
  }
  const what = name === '' ? 'the file' : `\`${name}\``;
  if (isEmpty(given)) {
    return [`${what} is missing; allowed: ${issue.message}`];
  }
  const value = isScalar(given) ? `\`${shown(given.value)}\`` : isSeq(given) ? 'a list' : 'a section';
  return [`${lineOf(given, lines)}${what} is ${value}; allowed: ${issue.message}`];
}

/** Without what a terminal would act on, and not without end. */
function shown(value: unknown): string {
  const text = String(value).replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
