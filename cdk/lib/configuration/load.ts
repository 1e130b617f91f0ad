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
  const wrong = [
    ...givenAgain(document.contents).map(({ path, names }) => twice(path, names, lines)),
    ...(parsed.error?.issues ?? []).flatMap((issue) => describe(issue, nodeAt(document, issue.path))),
    ...crossing.map(({ path, message }) => ({ node: nodeAt(document, path), message: visible(message) })),
  ];
  if (wrong.length > 0 || !parsed.success) {
    throw new ConfigurationError(inOrder(wrong, lines), file);
  }
  return parsed.data;
}

/** What is told, and of which part of the file. */
interface Told {
  readonly node: Node | null | undefined;
  readonly message: string;
}

/** In the order of the file; at last what it lacks. */
function inOrder(wrong: readonly Told[], lines: LineCounter): string[] {
  return wrong
    .map(({ node, message }) => ({ line: lineOf(node, lines), message }))
    .sort((one, other) => (one.line ?? Number.MAX_VALUE) - (other.line ?? Number.MAX_VALUE))
    .map(({ line, message }) => (line === undefined ? message : `line ${line}: ${message}`));
}

function lineOf(node: Node | null | undefined, lines: LineCounter): number | undefined {
  return node?.range ? lines.linePos(node.range[0]).line : undefined;
}

function syntaxProblem({ code, message }: YAMLParseError): string {
  return code === 'MULTIPLE_DOCS' ? 'a second document begins; allowed: one, without `---` behind it' : message;
}

function twice(path: readonly string[], names: readonly Node[], lines: LineCounter): Told {
  const times = names.length === 2 ? 'twice' : `${names.length} times`;
  const setting = shown(path.join('.'));
  return {
    node: names.at(-1),
    message: `\`${setting}\` is given ${times}, first in line ${lineOf(names[0], lines)}; allowed: once`,
  };
}

/** An empty file lacks what must be there, like any other. */
function valuesOf(document: Document, lines: LineCounter, file: string): unknown {
  try {
    return plainValues(document) ?? {};
  } catch (error) {
    if (!(error instanceof ValueError)) {
      throw error;
    }
    throw new ConfigurationError(inOrder([error], lines), file);
  }
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function describe(issue: Issue, given: Node | undefined): Told[] {
  const name = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => {
      const written = isMap<Node>(given) ? given.items.find((item) => String(item.key) === key)?.key : given;
      const meant = nearest(key, issue.message.split(', '));
      const unknown = `unknown setting \`${shown([...issue.path, key].join('.'))}\``;
      return {
        node: written,
        message: `${unknown}${meant ? `; did you mean \`${meant}\`?` : ''}; allowed: ${issue.message}`,
      };
    });
  }
  const what = name === '' ? 'the file' : `\`${name}\``;
  if (isEmpty(given)) {
    return [{ node: undefined, message: `${what} is missing; allowed: ${issue.message}` }];
  }
  const value = isScalar(given) ? `\`${shown(given.value)}\`` : isSeq(given) ? 'a list' : 'a section';
  return [{ node: given, message: `${what} is ${value}; allowed: ${issue.message}` }];
}

/** Without what a terminal would act on. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** The same, and not without end. */
function shown(value: unknown): string {
  const text = visible(String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
