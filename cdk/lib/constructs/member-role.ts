import { Aws, CfnOutput, Tags } from 'aws-cdk-lib';
import { ArnPrincipal, CfnRole, ManagedPolicy, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';
import type { Configuration } from '../configuration/schema';
import { AGGREGATOR_ROLE, RULE_ROLE } from '../names';
import { accountStatement, memberActions, scanActions } from '../permissions';

/** The role in every account: what the rule and the scan may do there, and that only they may. */
export class MemberRole extends Construct {
  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id);
    const { memberRole, tags } = configuration;
    const parts = memberRole.name.split('/');
    const roleName = parts.pop();
    // The resource as such, because in some accounts the template is a StackSet's, where nothing of the CDK's own helps.
    const role = new CfnRole(this, 'Role', {
      roleName,
      path: parts.length > 0 ? `/${parts.join('/')}/` : undefined,
      description: 'Read by ecr-encryption: which ECR repositories are encrypted, and how',
      assumeRolePolicyDocument: trust(configuration),
      policies: [
        {
          policyName: 'JudgeRepositories',
          policyDocument: new PolicyDocument({
            statements: [accountStatement('JudgeRepositories', memberActions(configuration))],
          }),
        },
      ],
      permissionsBoundary:
        memberRole.permissionsBoundary === undefined
          ? undefined
          : ManagedPolicy.fromManagedPolicyName(this, 'Boundary', memberRole.permissionsBoundary).managedPolicyArn,
    });
    acknowledge(
      role,
      'AwsSolutions-IAM5[Resource::*]',
      'Actions that list what is not known beforehand: see accountStatement.',
    );
    for (const [key, value] of Object.entries(tags)) {
      Tags.of(role).add(key, value);
    }
    new CfnOutput(this, 'RoleArn', { value: role.attrArn });
  }
}

/**
 * By ARN: nobody else of the home account may assume it. IAM keeps the id of the role behind the ARN, so that a role of the
 * same name that somebody makes later is not trusted.
 */
function trust(configuration: Configuration): PolicyDocument {
  const { home, memberRole, rule } = configuration;
  const functionRole = (name: string) => new ArnPrincipal(`arn:${Aws.PARTITION}:iam::${home.account}:role/${name}`);
  const statements: PolicyStatement[] = [];
  if (rule.regions.length > 0) {
    // AWS Config gives the rule no external id, and who may assume the role is one role of one account.
    statements.push(
      new PolicyStatement({ sid: 'Rule', actions: ['sts:AssumeRole'], principals: [functionRole(RULE_ROLE)] }),
    );
  }
  if (scanActions(configuration).length > 0) {
    statements.push(
      new PolicyStatement({
        sid: 'Scan',
        actions: ['sts:AssumeRole'],
        principals: [functionRole(AGGREGATOR_ROLE)],
        conditions: memberRole.externalId ? { StringEquals: { 'sts:ExternalId': memberRole.externalId } } : undefined,
      }),
    );
  }
  return new PolicyDocument({ statements });
}
