import { CfnConfigurationAggregator } from 'aws-cdk-lib/aws-config';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';
import type { Configuration } from '../configuration/schema';

/** Its name, which the scan asks for. */
export const CONFIGURATION_AGGREGATOR = 'ecr-encryption';

/** AWS Config's view of the whole organization, in one place. */
export class ConfigurationAggregator extends Construct {
  constructor(scope: Construct, id: string, { permissionsBoundary }: Configuration) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      description: 'AWS Config lists the accounts of the organization',
      assumedBy: new ServicePrincipal('config.amazonaws.com'),
      permissionsBoundary:
        permissionsBoundary === undefined
          ? undefined
          : ManagedPolicy.fromManagedPolicyName(this, 'Boundary', permissionsBoundary),
    });
    role.addToPolicy(
      new PolicyStatement({
        sid: 'ListTheOrganization',
        actions: [
          'organizations:DescribeOrganization',
          'organizations:ListAccounts',
          'organizations:ListAWSServiceAccessForOrganization',
          'organizations:ListDelegatedAdministrators',
        ],
        // "*": Organizations allows nothing narrower for these.
        resources: ['*'],
      }),
    );
    acknowledge(role, 'AwsSolutions-IAM5[Resource::*]', 'Organizations allows nothing narrower for actions that list.');
    const aggregator = new CfnConfigurationAggregator(this, 'Aggregator', {
      configurationAggregatorName: CONFIGURATION_AGGREGATOR,
      organizationAggregationSource: { roleArn: role.roleArn, allAwsRegions: true },
    });
    aggregator.node.addDependency(role);
  }
}
