import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnPermission, CfnResourcePolicy, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { WITHOUT_RESOURCE_POLICY } from '../configuration/function-policy';
import type { Configuration } from '../configuration/schema';

/**
 * Lets AWS Config invoke the function, for as few accounts as AWS allows.
 *
 * A rule's ARN has an id that AWS chooses when the rule is made, and the rule can be made only when the function may be
 * invoked: the ARN cannot be named. What AWS documents to narrow it is the source account, which is the account that the
 * rule is in.
 *
 * - One account: that account.
 * - `accounts`: those. A new account must be added before the rule can get into it. Where CloudFormation cannot deploy a
 *   whole policy, each has a statement of its own, so that fewer fit (`mostStatements`).
 * - `service`: AWS Config, for whatever account: an organization's members cannot all be named beforehand. A stranger who
 *   makes a rule with this function gets an invocation that ends where it begins: the function may assume the role in
 *   accounts of the organization only (`aws:ResourceOrgID`), and results go where the role is. AWS's own rule
 *   `lambda-function-public-access-prohibited` reports such a function.
 * - `organization`: `aws:SourceOrgID`, which AWS's documentation does not promise for AWS Config. Where AWS Config does not
 *   give it, it refuses the rule in every account, and the deployment fails: an organization rule or conformance pack because
 *   AWS Config waits for all accounts, the rule of units because its StackSet may not fail everywhere
 *   (`OrganizationStackSet`). An account that a StackSet lost alone is told by nobody but the check in `cdk/README.md`.
 */
export class InvokePermission extends Construct {
  constructor(scope: Construct, id: string, { mode, home, organization, rule }: Configuration, target: LambdaFunction) {
    super(scope, id);
    if (mode === 'single-account') {
      permission(this, 'Config', target, home.account);
    } else if (rule.invokePermission === 'service') {
      permission(this, 'Config', target);
    } else if (rule.invokePermission === 'organization') {
      policyWithCondition(this, target, { 'aws:SourceOrgID': organization?.id });
    } else if (WITHOUT_RESOURCE_POLICY.includes(Stack.of(this).region)) {
      for (const account of rule.invokingAccounts) {
        permission(this, `Config${account}`, target, account);
      }
    } else {
      policyWithCondition(this, target, { 'aws:SourceAccount': rule.invokingAccounts });
    }
  }
}

function permission(scope: Construct, id: string, target: LambdaFunction, sourceAccount?: string): void {
  new CfnPermission(scope, id, {
    action: 'lambda:InvokeFunction',
    functionName: target.functionArn,
    principal: 'config.amazonaws.com',
    sourceAccount,
  });
}

/** A permission of its own for each of many accounts would not fit into a function's policy; one condition with all does. */
function policyWithCondition(scope: Construct, target: LambdaFunction, equals: Record<string, unknown>): void {
  const policy = new CfnResourcePolicy(scope, 'Policy', {
    resourceArn: target.functionArn,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Config',
          Effect: 'Allow',
          Principal: { Service: 'config.amazonaws.com' },
          Action: 'lambda:InvokeFunction',
          Resource: target.functionArn,
          Condition: { StringEquals: equals },
        },
      ],
    },
  });
  // The resource is the whole policy of the function. With a change to `service`, CloudFormation adds that permission first
  // and removes this resource afterwards, and the new permission would go with it: AWS Config could invoke nothing, and
  // nobody would be told. What stays behind instead allows less than `service` does, and goes with the function.
  policy.applyRemovalPolicy(RemovalPolicy.RETAIN);
}
