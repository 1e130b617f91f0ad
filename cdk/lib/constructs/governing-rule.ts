import { Aws, Stack } from 'aws-cdk-lib';
import { CfnConformancePack, CfnOrganizationConfigRule, CfnOrganizationConformancePack } from 'aws-cdk-lib/aws-config';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IDependable } from 'constructs';
import { memberRoleName, ruleAs } from '../configuration/cross-checks';
import { ruleParameters } from '../configuration/policy';
import type { Configuration } from '../configuration/schema';
import { templateBody } from '../embedded-template';
import { RULE_STACKS } from '../names';
import { OrganizationStackSet } from './organization-stack-set';
import { configRule, DESCRIPTION, FUNCTION_ARN, RESOURCE_TYPES, ruleTemplate } from './rule-template';

/** What makes AWS Config ask the function, in this Region. */
interface GoverningRuleProps {
  readonly function: LambdaFunction;
  /** AWS Config refuses a rule whose function it may not invoke. */
  readonly permission: IDependable;
}

/**
 * The rule, in the way that fits: of the account alone, of the organization, of some of its units, or in a conformance pack.
 */
export class GoverningRule extends Construct {
  constructor(scope: Construct, id: string, configuration: Configuration, props: GoverningRuleProps) {
    super(scope, id);
    this.rule(configuration, props.function.functionArn);
    this.node.addDependency(props.permission);
  }

  private rule(configuration: Configuration, functionArn: string): void {
    const way = ruleAs(configuration);
    if (configuration.mode === 'single-account') {
      if (way === 'conformance-pack') {
        this.conformancePack(configuration, functionArn);
      } else {
        configRule(this, 'Rule', configuration, functionArn);
      }
    } else if (way === 'conformance-pack') {
      this.organizationConformancePack(configuration, functionArn);
    } else if (way === 'organization') {
      this.organizationRule(configuration, functionArn);
    } else {
      this.ruleOfUnits(configuration, functionArn);
    }
  }

  private organizationRule(configuration: Configuration, lambdaFunctionArn: string): void {
    const { policy, rule } = configuration;
    new CfnOrganizationConfigRule(this, 'OrganizationRule', {
      organizationConfigRuleName: rule.name,
      excludedAccounts: excluded(configuration),
      organizationCustomRuleMetadata: {
        lambdaFunctionArn,
        description: DESCRIPTION,
        inputParameters: JSON.stringify(ruleParameters(policy, memberRoleName(configuration))),
        maximumExecutionFrequency: rule.frequency,
        organizationConfigRuleTriggerTypes: [
          'ConfigurationItemChangeNotification',
          'OversizedConfigurationItemChangeNotification',
          'ScheduledNotification',
        ],
        resourceTypesScope: RESOURCE_TYPES,
      },
    });
  }

  /** AWS Config's own rules of an organization know no units, so a StackSet puts the rule into the accounts. */
  private ruleOfUnits(configuration: Configuration, functionArn: string): void {
    new OrganizationStackSet(this, 'RuleOfUnits', configuration, {
      stackSetName: `${RULE_STACKS}${Stack.of(this).region}`,
      description: `The AWS Config rule ${configuration.rule.name}, which asks a function of account ${configuration.home.account}`,
      region: Aws.REGION,
      template: ruleTemplate(configuration),
      parameters: [{ parameterKey: FUNCTION_ARN, parameterValue: functionArn }],
    });
  }

  private conformancePack(configuration: Configuration, functionArn: string): void {
    new CfnConformancePack(this, 'ConformancePack', {
      conformancePackName: configuration.rule.name,
      templateBody: templateBody(ruleTemplate(configuration)),
      conformancePackInputParameters: [{ parameterName: FUNCTION_ARN, parameterValue: functionArn }],
    });
  }

  private organizationConformancePack(configuration: Configuration, functionArn: string): void {
    new CfnOrganizationConformancePack(this, 'OrganizationConformancePack', {
      organizationConformancePackName: configuration.rule.name,
      excludedAccounts: excluded(configuration),
      templateBody: templateBody(ruleTemplate(configuration)),
      conformancePackInputParameters: [{ parameterName: FUNCTION_ARN, parameterValue: functionArn }],
    });
  }
}

function excluded({ organization }: Configuration): string[] | undefined {
  return organization?.excludedAccounts.length ? organization.excludedAccounts : undefined;
}
