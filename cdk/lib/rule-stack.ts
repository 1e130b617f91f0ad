import type { Construct } from 'constructs';
import type { Configuration } from './configuration/schema';
import { AlarmTopic } from './constructs/alarm-topic';
import { ruleRole } from './constructs/function-roles';
import { RuleFunction } from './constructs/rule-function';
import { ProjectStack } from './project-stack';

/** The AWS Config rule in one governed Region. */
export class RuleStack extends ProjectStack {
  constructor(scope: Construct, id: string, configuration: Configuration, region: string) {
    super(scope, id, configuration, { description: `ecr-encryption: the AWS Config rule in ${region}`, region });
    const role = ruleRole(this, configuration);
    new RuleFunction(this, 'Rule', configuration, role, new AlarmTopic(this, 'Topic', configuration).told);
  }
}
