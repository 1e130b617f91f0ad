import { CfnParameter } from 'aws-cdk-lib';
import { CfnConfigRule } from 'aws-cdk-lib/aws-config';
import type { Construct } from 'constructs';
import { memberRoleName } from '../configuration/cross-checks';
import { ruleParameters } from '../configuration/policy';
import type { Configuration } from '../configuration/schema';
import { embeddedTemplate } from '../embedded-template';

/** What the rule is for, in the console. */
export const DESCRIPTION =
  'ECR repositories are encrypted at least as the policy demands, under a key that can be used.';

/** A key's change bears on the repositories under it. */
export const RESOURCE_TYPES = ['AWS::ECR::Repository', 'AWS::KMS::Key'];

/** The parameter of the template with the function that judges. */
export const FUNCTION_ARN = 'RuleFunctionArn';

/** The rule as a resource of one account, which the function may live in, or not. */
export function configRule(
  scope: Construct,
  id: string,
  configuration: Configuration,
  functionArn: string,
): CfnConfigRule {
  const { policy, rule } = configuration;
  const parameters = ruleParameters(policy, memberRoleName(configuration));
  return new CfnConfigRule(scope, id, {
    configRuleName: rule.name,
    description: DESCRIPTION,
    inputParameters: Object.keys(parameters).length > 0 ? parameters : undefined,
    scope: { complianceResourceTypes: RESOURCE_TYPES },
    source: {
      owner: 'CUSTOM_LAMBDA',
      sourceIdentifier: functionArn,
      sourceDetails: [
        { eventSource: 'aws.config', messageType: 'ConfigurationItemChangeNotification' },
        { eventSource: 'aws.config', messageType: 'OversizedConfigurationItemChangeNotification' },
        {
          eventSource: 'aws.config',
          messageType: 'ScheduledNotification',
          maximumExecutionFrequency: rule.frequency,
        },
      ],
    },
  });
}

/** The rule alone: a conformance pack's template as well as a StackSet's. */
export function ruleTemplate(configuration: Configuration): Record<string, unknown> {
  return embeddedTemplate((stack) => {
    const functionArn = new CfnParameter(stack, FUNCTION_ARN, {
      type: 'String',
      description: 'The ARN of the function ecr-encryption-rule in this Region',
    });
    configRule(stack, 'EcrEncryption', configuration, functionArn.valueAsString);
  });
}
