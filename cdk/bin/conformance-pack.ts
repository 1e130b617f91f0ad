import { tellingWhatIsWrong } from '../lib/configuration/configuration-error';
import { loadConfiguration } from '../lib/configuration/load';
import { ruleTemplate } from '../lib/constructs/rule-template';

/** Prints the template of the conformance pack, for those who deploy packs by other means. */
tellingWhatIsWrong(() => {
  console.log(JSON.stringify(ruleTemplate(loadConfiguration(process.argv[2] ?? 'configuration.yaml')), undefined, 2));
});
