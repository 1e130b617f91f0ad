import { z } from 'zod';
import type { Check, Problem } from './problem';
import type { Configuration } from './schema';

/** Thrown where a setting is read that is wrong by itself: what depends on it cannot be judged. */
class NotRight extends Error {}

/**
 * The configuration as far as it is right. A setting that is not throws when it is read, so that checks of several settings
 * tell what they can, and nothing that would be different with the right value.
 */
export function rightValues(schema: z.ZodType<Configuration>, given: unknown): Configuration | undefined {
  const read = reader(schema, given);
  try {
    return read() as Configuration;
  } catch (error) {
    return unlessNotRight(error, undefined);
  }
}

/** What a check finds; nothing where it reads a setting that is wrong by itself. */
export function found(check: Check, configuration: Configuration): Problem[] {
  try {
    return check(configuration);
  } catch (error) {
    return unlessNotRight(error, []);
  }
}

function unlessNotRight<T>(error: unknown, value: T): T {
  if (error instanceof NotRight) {
    return value;
  }
  throw error;
}

type Reader = () => unknown;

const notRight: Reader = () => {
  throw new NotRight();
};

function reader(schema: unknown, given: unknown): Reader {
  if (!(schema instanceof z.ZodType)) {
    return notRight;
  }
  const { success, data } = schema.safeParse(given);
  if (success) {
    return () => data;
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return reader(schema.unwrap(), given);
  }
  if (schema instanceof z.ZodObject && typeof given === 'object' && given !== null && !Array.isArray(given)) {
    const values = sectionOf(schema, new Map(Object.entries(given)));
    return () => values;
  }
  if (schema instanceof z.ZodArray && Array.isArray(given) && given.length > 0) {
    const values = withReaders(
      [],
      given.map((item) => reader(schema.element, item)),
    );
    return () => values;
  }
  return notRight;
}

function sectionOf({ shape }: z.ZodObject, given: Map<string, unknown>): object {
  // A setting that is missing may be the one whose name is written wrongly.
  const isMisspelt = [...given.keys()].some((name) => !(name in shape));
  const readers = Object.entries(shape).map(
    ([name, schema]) =>
      [name, isMisspelt && given.get(name) === undefined ? notRight : reader(schema, given.get(name))] as const,
  );
  return withReaders({}, Object.fromEntries(readers));
}

function withReaders(values: object, readers: Record<string, Reader> | Reader[]): object {
  for (const [name, get] of Object.entries(readers)) {
    Object.defineProperty(values, name, { get, enumerable: true });
  }
  return values;
}
