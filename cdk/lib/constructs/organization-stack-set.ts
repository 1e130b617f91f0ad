import { CfnStackSet } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';
import { templateBody } from '../embedded-template';

/** What differs between the StackSets. */
interface OrganizationStackSetProps {
  readonly stackSetName: string;
  readonly description: string;
  readonly region: string;
  readonly template: Record<string, unknown>;
  readonly parameters?: CfnStackSet.ParameterProperty[];
}

/** A stack in every account of the governed units, those of the future included; never in the management account. */
export class OrganizationStackSet extends CfnStackSet {
  constructor(scope: Construct, id: string, { home, organization }: Configuration, props: OrganizationStackSetProps) {
    const excluded = organization?.excludedAccounts ?? [];
    super(scope, id, {
      stackSetName: props.stackSetName,
      description: props.description,
      templateBody: templateBody(props.template),
      parameters: props.parameters,
      permissionModel: 'SERVICE_MANAGED',
      callAs: organization?.managementAccount === home.account ? 'SELF' : 'DELEGATED_ADMIN',
      capabilities: ['CAPABILITY_NAMED_IAM'],
      // When an account leaves the units, what was deployed leaves it.
      autoDeployment: { enabled: true, retainStacksOnAccountRemoval: false },
      managedExecution: { Active: true },
      // One account that refuses the stack must not hold up the others: the scan names every account that it may not enter.
      operationPreferences: {
        failureTolerancePercentage: 100,
        maxConcurrentPercentage: 100,
        regionConcurrencyType: 'PARALLEL',
      },
      stackInstancesGroup: [
        {
          regions: [props.region],
          deploymentTargets: {
            organizationalUnitIds: organization?.organizationalUnits,
            // Counts for the accounts that there are: AWS deploys to an excluded account that joins a unit later.
            ...(excluded.length > 0 ? { accountFilterType: 'DIFFERENCE', accounts: excluded } : {}),
          },
        },
      ],
    });
  }
}
