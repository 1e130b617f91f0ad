import type { Configuration } from './schema';

/** What is wrong with a setting, and where the file has it; it has no line for what it lacks. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Looks at settings that are right each by itself. */
export type Check = (configuration: Configuration) => Problem[];

/** A problem whose message begins with the name of the setting, such as `rule.regions.0`. */
export function wrong(setting: string, what: string): Problem {
  return { path: setting.split('.'), message: `\`${setting}\` ${what}` };
}
