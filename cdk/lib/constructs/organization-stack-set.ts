import { CfnStackSet } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';
import { templateBody } from '../embedded-template';

/** In more accounts than that, the stack may not fail. */
const MOST_FAILING_PERCENT = 90;

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
    // The management account, which StackSets do not reach, is no account of the units to AWS.
    const excluded = (organization?.excludedAccounts ?? []).filter(
      (account) => account !== organization?.managementAccount,
    );
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
      // What is wrong in some accounts (no AWS Config recorder, a role of the same name) must not take the stack from the
      // others. What is wrong in more than nine of ten has one cause, such as a function that nobody may invoke: it fails the
      // deployment. AWS rounds down, so of ten accounts or fewer all must fail. At 100, the StackSet would succeed with a
      // stack in no account. Accounts that join later are outside of this: AWS applies no preferences to auto-deployment.
      operationPreferences: {
        failureTolerancePercentage: MOST_FAILING_PERCENT,
        maxConcurrentPercentage: 100,
        // Else every failure would lower how many accounts are done at once.
        concurrencyMode: 'SOFT_FAILURE_TOLERANCE',
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
