import { resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { tellingWhatIsWrong } from '../lib/configuration/configuration-error';
import { loadConfiguration } from '../lib/configuration/load';
import { DEPLOYMENT_CHECKS, deploy } from '../lib/deployment';

/** `cdk synth -c configuration=FILE`; a path starts in the folder that `cdk` is called in. */
const DEFAULT_FILE = 'configuration.yaml';

const app = new App();
tellingWhatIsWrong(() => {
  const file: unknown = app.node.tryGetContext('configuration') ?? DEFAULT_FILE;
  deploy(app, loadConfiguration(resolve(process.cwd(), String(file)), DEPLOYMENT_CHECKS));
});
