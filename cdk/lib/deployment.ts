import type { App } from 'aws-cdk-lib';
import { AccessStack } from './access-stack';
import { AggregatorStack } from './aggregator-stack';
import { governsManagementAccount } from './configuration/governed';
import type { Check } from './configuration/problem';
import type { Configuration } from './configuration/schema';
import { zipsRun } from './constructs/function-zip';
import { cargoRuns } from './constructs/project-function';
import { environmentFits } from './constructs/scan-environment';
import { ManagementRoleStack } from './management-role-stack';
import { RULE_STACKS } from './names';
import { entersAccounts } from './permissions';
import { RuleStack } from './rule-stack';
import { SingleAccountStack } from './single-account-stack';

/** What must be right of a configuration before it is deployed, and what else is done with it does not ask for. */
export const DEPLOYMENT_CHECKS: readonly Check[] = [zipsRun, cargoRuns, environmentFits];

/** The stacks that a configuration asks for. Their names, like all names in them, must not change between versions. */
export function deploy(app: App, configuration: Configuration): void {
  if (configuration.mode === 'single-account') {
    singleAccount(app, configuration);
  } else {
    organization(app, configuration);
  }
}

function singleAccount(app: App, configuration: Configuration): void {
  const home = new SingleAccountStack(app, 'EcrEncryption', configuration);
  for (const region of configuration.rule.regions.filter((region) => region !== configuration.home.region)) {
    new RuleStack(app, `${RULE_STACKS}${region}`, configuration, region).addStackDependency(
      home,
      "the function's role",
    );
  }
}

function organization(app: App, configuration: Configuration): void {
  const { home, organization, rule } = configuration;
  const access = new AccessStack(app, 'EcrEncryptionAccess', configuration);
  const isElsewhere = organization?.managementAccount !== home.account;
  if (isElsewhere && governsManagementAccount(configuration) && entersAccounts(configuration)) {
    new ManagementRoleStack(app, 'EcrEncryptionManagementRole', configuration).addStackDependency(
      access,
      'whom it trusts',
    );
  }
  for (const region of rule.regions) {
    new RuleStack(app, `${RULE_STACKS}${region}`, configuration, region).addStackDependency(access, 'the roles');
  }
  new AggregatorStack(app, 'EcrEncryptionAggregator', configuration).addStackDependency(access, 'the roles');
}
