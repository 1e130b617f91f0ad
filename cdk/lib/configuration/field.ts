import { z } from 'zod';

/** What an editor should know of a setting: a JSON schema of its own, because settings are read as texts. */
type EditorSchema = Record<string, unknown>;

declare module 'zod' {
  interface GlobalMeta {
    editor?: EditorSchema;
  }
}

/**
 * A setting with a single value. The file is read without YAML's guesses (`012345678901` stays what it is), so each
 * setting reads its own text; `undefined` refuses it, and `allowed` tells the user what would do.
 */
export function field<T>(
  description: string,
  allowed: string,
  read: (text: string) => T | undefined,
  editor: EditorSchema = { type: 'string' },
  near: (text: string) => string | undefined = () => undefined,
) {
  return z
    .string({ error: allowed })
    .transform((text, context): T => {
      const value = read(text.trim());
      if (value === undefined) {
        const meant = near(text.trim());
        context.issues.push({
          code: 'custom',
          message: meant === undefined ? allowed : `${allowed}; did you mean \`${meant}\`?`,
          input: text,
        });
        return z.NEVER;
      }
      return value;
    })
    .meta({ description, editor: { description, ...editor } });
}

/** A text that a pattern matches as a whole. */
export function pattern(description: string, allowed: string, expression: RegExp) {
  const whole = new RegExp(`^(?:${expression.source})$`, expression.flags);
  return field(description, allowed, (text) => (whole.test(text) ? text : undefined), {
    type: ['string', 'integer'],
    pattern: whole.source,
  });
}

/** One of some texts. */
export function choice<const T extends readonly string[]>(description: string, values: T) {
  return field<T[number]>(
    description,
    values.join(', '),
    (text) => values.find((value) => value === text),
    // Editors read an unquoted `true` as a boolean.
    { enum: values.flatMap((value) => (value === 'true' || value === 'false' ? [value === 'true', value] : [value])) },
  );
}

/** `true` or `false`. */
export function flag(description: string) {
  const read = (text: string) => (text === 'true' ? true : text === 'false' ? false : undefined);
  return field(description, 'true, false', read, { type: 'boolean' });
}

/** A whole number. */
export function integer(description: string, minimum: number, maximum: number) {
  const number = (value: number) => value.toLocaleString('en-US');
  return field(
    description,
    `a whole number from ${number(minimum)} to ${number(maximum)}`,
    (text) => (/^\d{1,9}$/.test(text) && +text >= minimum && +text <= maximum ? +text : undefined),
    { type: 'integer', minimum, maximum },
  );
}

/** A whole number out of a list. */
export function integerOf(description: string, values: readonly number[]) {
  return field(description, values.join(', '), (text) => values.find((value) => String(value) === text), {
    enum: values,
  });
}

/** A list of settings; an empty one is a list too, unless `minimum` says otherwise. */
export function list<T extends z.ZodType>(description: string, item: T, minimum = 0, instead = '') {
  const allowed = `${instead}a list${minimum > 0 ? ` with at least ${minimum}` : ''}, in brackets or with a dash before each`;
  return z.array(item, { error: allowed }).min(minimum, { error: allowed }).meta({ description });
}

/** Settings under a name. What it says about a wrong one are its names, from which the one that was meant is guessed. */
export function section<T extends z.ZodRawShape>(description: string, shape: T) {
  const names = Object.keys(shape).join(', ');
  return z
    .strictObject(shape, {
      error: (issue) => (issue.code === 'unrecognized_keys' ? names : `a section with ${names}`),
    })
    .meta({ description });
}

/** The name that was most likely meant; none where nothing is near. */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const lower = given.toLowerCase();
  const ranked = [...names]
    // A beginning is as good as a typing error: `memory` for `memoryMiB`.
    .map((name) => ({
      name,
      distance: lower.length > 2 && name.toLowerCase().startsWith(lower) ? 1 : distance(lower, name.toLowerCase()),
    }))
    .sort((one, other) => one.distance - other.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(given.length / 3)) ? best.name : undefined;
}

/** Levenshtein's. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
