import { Aws } from 'aws-cdk-lib';
import { type IRole, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';
import { partitionOf } from '../configuration/aws-names';
import type { Configuration } from '../configuration/schema';
import { AGGREGATOR_ROLE, RULE_ROLE, RULE_STACKS } from '../names';
import { accountStatement, ruleActions, scanActions } from '../permissions';

/**
 * The roles that the functions run as. IAM is global, so the functions of all Regions share one role, and a new Region does
 * not change whom every account trusts.
 */
export class FunctionRoles extends Construct {
  /** None where no Region is governed. */
  readonly rule: Role | undefined;
  readonly aggregator: Role;

  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id);
    this.rule = configuration.rule.regions.length > 0 ? this.ruleRole(configuration) : undefined;
    this.aggregator = this.aggregatorRole(configuration);
  }

  private ruleRole(configuration: Configuration): Role {
    const role = this.role('Rule', RULE_ROLE, 'The AWS Config rule ecr-encryption', configuration);
    role.addToPolicy(accountStatement('JudgeTheFunctionsOwnAccount', ruleActions(configuration)));
    enterAccounts(role, configuration);
    logInOtherStacks(role, configuration);
    return role;
  }

  private aggregatorRole(configuration: Configuration): Role {
    const { mode, scan } = configuration;
    const role = this.role('Aggregator', AGGREGATOR_ROLE, 'The scan of ecr-encryption', configuration);
    const actions = scanActions(configuration);
    if (actions.length > 0) {
      role.addToPolicy(accountStatement('ReadTheFunctionsOwnAccount', actions));
      enterAccounts(role, configuration);
    }
    if (mode === 'organization') {
      role.addToPolicy(
        new PolicyStatement({
          sid: 'ListTheOrganization',
          actions: [
            'organizations:ListAccounts',
            'organizations:ListRoots',
            'organizations:ListOrganizationalUnitsForParent',
            'organizations:DescribeOrganizationalUnit',
            'organizations:ListParents',
          ],
          // "*": these actions list; Organizations allows nothing narrower for ListAccounts and ListRoots, and the units
          // are not known beforehand.
          resources: ['*'],
        }),
      );
    }
    if (scan.source !== 'api') {
      role.addToPolicy(
        new PolicyStatement({
          sid: 'ReadTheConfigurationAggregator',
          actions: [
            'account:ListRegions',
            'config:DescribeConfigurationAggregators',
            'config:DescribeConfigurationAggregatorSourcesStatus',
            'config:SelectAggregateResourceConfig',
            'kms:DescribeKey',
          ],
          // "*": the aggregator's ARN has an id that AWS chooses, the two descriptions allow nothing narrower, and the keys
          // are whatever the repositories of the organization are under.
          resources: ['*'],
        }),
      );
    }
    return role;
  }

  private role(id: string, roleName: string, description: string, { permissionsBoundary }: Configuration): Role {
    const role = new Role(this, id, {
      roleName,
      description,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      permissionsBoundary:
        permissionsBoundary === undefined
          ? undefined
          : ManagedPolicy.fromManagedPolicyName(this, `${id}Boundary`, permissionsBoundary),
    });
    acknowledge(
      role,
      'AwsSolutions-IAM5[Resource::*]',
      'Actions that list what is not known beforehand: see the comments beside them.',
    );
    return role;
  }
}

function enterAccounts(role: Role, { mode, memberRole, organization }: Configuration): void {
  if (mode !== 'organization') {
    return;
  }
  role.addToPolicy(
    new PolicyStatement({
      sid: 'EnterTheAccounts',
      actions: ['sts:AssumeRole'],
      // "*" stands for the account: which the organization has is not known beforehand, and others are ruled out below.
      resources: [`arn:${Aws.PARTITION}:iam::*:role/${memberRole.name}`],
      conditions: { StringEquals: { 'aws:ResourceOrgID': organization?.id } },
    }),
  );
  acknowledge(
    role,
    `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iam::*:role/${memberRole.name}]`,
    'The role in every account; accounts outside the organization are ruled out by aws:ResourceOrgID.',
  );
}

/**
 * What the rule's function needs in its stack, for the stacks of all Regions at once: IAM allows 10,240 characters of inline
 * policies for a role in all, which a policy from each Region would exceed at some two dozen.
 */
function logInOtherStacks(role: Role, { mode, home, rule }: Configuration): void {
  if (mode === 'single-account' && rule.regions.every((region) => region === home.region)) {
    return;
  }
  const groups = `${home.account}:log-group:${RULE_STACKS}*:*`;
  const queues = `${home.account}:${RULE_STACKS}*`;
  role.addToPolicy(
    new PolicyStatement({
      sid: 'LogAndKeepFailures',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage'],
      // "*" stands for the Region, and for what CloudFormation puts behind a stack's name: the log group and the queue of
      // the rule's stack in each Region, of the home account alone.
      resources: [`arn:${Aws.PARTITION}:logs:*:${groups}`, `arn:${Aws.PARTITION}:sqs:*:${queues}`],
    }),
  );
  for (const resource of [`logs:*:${groups}`, `sqs:*:${queues}`]) {
    acknowledge(
      role,
      `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${resource}]`,
      "The log groups and dead-letter queues of the rule's own stacks, one in each Region.",
    );
  }
}

/** The rule's role in a stack of one Region, which adds nothing to it: see `logInOtherStacks`. */
export function ruleRole(scope: Construct, { home }: Configuration): IRole {
  return Role.fromRoleArn(scope, 'Role', roleArn(home, RULE_ROLE), { mutable: false });
}

/** The scan's role in the stack of the scan; what is added to it there is a policy of that stack. */
export function aggregatorRole(scope: Construct, { home }: Configuration): IRole {
  return Role.fromRoleArn(scope, 'Role', roleArn(home, AGGREGATOR_ROLE));
}

function roleArn({ account, region }: Configuration['home'], roleName: string): string {
  return `arn:${partitionOf(region)}:iam::${account}:role/${roleName}`;
}
