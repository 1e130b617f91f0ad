/** The configuration cannot be used. The message has a line for each thing that is wrong. */
export class ConfigurationError extends Error {
  constructor(problems: readonly string[], file = 'the configuration') {
    super([`${file} cannot be used:`, ...problems.map((problem) => `- ${problem}`)].join('\n'));
    this.name = 'ConfigurationError';
  }
}

/** Runs a program. What is wrong with the configuration is for the user: a stack trace would hide it. */
export function tellingWhatIsWrong(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) {
      throw error;
    }
    console.error(error.message);
    // At once: the CDK would synthesise what there is when the program ends.
    process.exit(1);
  }
}
