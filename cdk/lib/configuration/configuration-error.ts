/** The configuration cannot be used. The message has a line for each thing that is wrong. */
export class ConfigurationError extends Error {
  constructor(problems: readonly string[], file = 'the configuration') {
    super([`${file} cannot be used:`, ...problems.map((problem) => `- ${problem}`)].join('\n'));
    this.name = 'ConfigurationError';
  }
}
