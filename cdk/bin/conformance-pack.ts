import { ConfigurationError } from '../lib/configuration/configuration-error';
import { loadConfiguration } from '../lib/configuration/load';
import { ruleTemplate } from '../lib/constructs/rule-template';

/** Prints the template of the conformance pack, for those who deploy packs by other means. */
try {
  console.log(JSON.stringify(ruleTemplate(loadConfiguration(process.argv[2] ?? 'configuration.yaml')), undefined, 2));
} catch (error) {
  if (!(error instanceof ConfigurationError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
