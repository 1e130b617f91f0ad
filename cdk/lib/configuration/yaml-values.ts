import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';

/** How many values a file may have when its aliases are followed; nobody writes so many, and a loop of them has no end. */
const MOST_VALUES = 100_000;

/** What is wrong with a value, wherever it is. */
export class ValueError extends Error {
  constructor(
    readonly node: Node,
    message: string,
  ) {
    super(message);
  }
}

/** The settings as texts, lists and sections. A setting without a value is one that is not given. */
export function plainValues(document: Document): unknown {
  let left = MOST_VALUES;
  // Looking one up goes through the whole file.
  const resolved = new Map<Alias, Node | undefined>();
  const meantBy = (alias: Alias) => {
    const meant = resolved.get(alias) ?? alias.resolve(document);
    resolved.set(alias, meant);
    return meant;
  };
  const plain = (node: unknown, within: readonly unknown[]): unknown => {
    left -= 1;
    if (isAlias(node)) {
      const meant = meantBy(node);
      if (meant === undefined) {
        throw new ValueError(
          node,
          `\`*${node.source}\` stands for nothing; allowed: a name that \`&\` gives further up`,
        );
      }
      if (within.includes(meant) || left < 0) {
        throw new ValueError(node, `\`*${node.source}\` stands for too much: itself, or more than 100,000 values`);
      }
      return plain(meant, [...within, meant]);
    }
    if (isMap(node)) {
      return Object.fromEntries(
        node.items.map(({ key, value }) => [String(key), plain(value, [...within, node])] as const),
      );
    }
    if (isSeq(node)) {
      return node.items.map((item) => plain(item, [...within, node]) ?? '');
    }
    return isScalar(node) && !isEmpty(node) ? String(node.value) : undefined;
  };
  return plain(document.contents, []);
}

/** A setting that a section has more than once. */
interface GivenAgain {
  readonly path: readonly string[];
  /** Where its name stands, in the order of the file. */
  readonly names: readonly Node[];
}

/** All of them, in the order of the file. */
export function givenAgain(node: unknown, path: readonly string[] = []): GivenAgain[] {
  if (isSeq(node)) {
    return node.items.flatMap((item, index) => givenAgain(item, [...path, String(index)]));
  }
  if (!isMap<Node>(node)) {
    return [];
  }
  const places = new Map<string, Node[]>();
  for (const { key } of node.items) {
    places.set(String(key), [...(places.get(String(key)) ?? []), key]);
  }
  return [
    ...[...places].flatMap(([name, names]) => (names.length > 1 ? [{ path: [...path, name], names }] : [])),
    ...node.items.flatMap(({ key, value }) => givenAgain(value, [...path, String(key)])),
  ];
}

/** Whether a setting was given no value. */
export function isEmpty(node: unknown): boolean {
  return node === undefined || (isScalar(node) && node.source === '');
}

/** What the file has for a setting, behind aliases; the last where there are several, as in `plainValues`. */
export function nodeAt(document: Document, path: readonly PropertyKey[]): Node | undefined {
  let node: unknown = document.contents;
  for (const name of path) {
    node = isMap(node)
      ? node.items.findLast(({ key }) => String(key) === name)?.value
      : isSeq(node)
        ? node.items[Number(name)]
        : undefined;
    node = isAlias(node) ? node.resolve(document) : node;
  }
  return node as Node | undefined;
}
