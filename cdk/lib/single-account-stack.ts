import type { Construct } from 'constructs';
import type { Configuration } from './configuration/schema';
import { Aggregator } from './constructs/aggregator';
import { FunctionRoles } from './constructs/function-roles';
import { RuleFunction } from './constructs/rule-function';
import { ProjectStack } from './project-stack';

/** All of it for one account, without Organizations. The rule of other Regions has a stack there. */
export class SingleAccountStack extends ProjectStack {
  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id, configuration, {
      description: 'ecr-encryption: the AWS Config rule and the scan, for one account',
    });
    const roles = new FunctionRoles(this, 'Roles', configuration);
    const aggregator = new Aggregator(this, 'Aggregator', configuration, roles.aggregator);
    if (roles.rule && configuration.rule.regions.includes(configuration.home.region)) {
      new RuleFunction(this, 'Rule', configuration, roles.rule, aggregator.topics);
    }
  }
}
