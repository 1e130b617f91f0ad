import { parseArgs } from 'node:util';
import { tellingWhatIsWrong } from '../lib/configuration/configuration-error';
import { loadConfiguration } from '../lib/configuration/load';
import { doctorCommand } from '../lib/doctor-command';

const USAGE = 'npm run --silent doctor -- [--role-name ROLE] [FILE]';

/** Prints the command line of `ecr-encryption doctor` for the configuration. */
tellingWhatIsWrong(() => {
  const { values, positionals } = given();
  console.log(doctorCommand(loadConfiguration(positionals[0] ?? 'configuration.yaml'), values['role-name']));
});

function given() {
  try {
    const args = parseArgs({ options: { 'role-name': { type: 'string' } }, allowPositionals: true });
    if (args.positionals.length > 1) {
      throw new Error(`\`${args.positionals[1]}\` is one file too many`);
    }
    return args;
  } catch (error) {
    console.error(`${(error as Error).message.split('. ')[0]}\nusage: ${USAGE}`);
    process.exit(2);
  }
}
