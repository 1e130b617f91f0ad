import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Configuration } from './configuration/schema';

/** What the rule calls in the account that an event is about. */
export function ruleActions({ policy }: Configuration): string[] {
  return [
    'config:PutEvaluations',
    'config:GetResourceConfigHistory',
    'config:GetComplianceDetailsByConfigRule',
    'ecr:DescribeRepositories',
    'kms:DescribeKey',
    ...tagActions(policy),
  ];
}

/** What the scan calls in each account. */
export function scanActions({ policy, scan }: Configuration): string[] {
  const reads = ['account:ListRegions', 'ecr:DescribeRepositories', 'kms:DescribeKey', ...tagActions(policy)];
  const templates = ['ecr:DescribeRepositoryCreationTemplates', 'ecr:DescribePullThroughCacheRules'];
  const securityHub = ['securityhub:BatchImportFindings', 'securityhub:GetFindings', 'securityhub:BatchUpdateFindings'];
  return [
    // AWS Config as the only source: no account is entered.
    ...(scan.source === 'config' ? [] : reads),
    ...(scan.templates ? templates : []),
    ...(scan.securityHub ? securityHub : []),
  ];
}

/** Tags are read only where the policy exempts by tag. */
function tagActions(policy: Configuration['policy']): string[] {
  return policy.exemptTagKey === undefined ? [] : ['tag:GetResources'];
}

/** All that the role in every account allows, each action once. */
export function memberActions(configuration: Configuration): string[] {
  const rule = configuration.rule.regions.length > 0 ? ruleActions(configuration) : [];
  return [...new Set([...rule, ...scanActions(configuration)])].sort();
}

/** Whether any account is entered: AWS Config may be all that is read, by the scan alone. */
export function entersAccounts(configuration: Configuration): boolean {
  return configuration.mode === 'organization' && memberActions(configuration).length > 0;
}

/** What an account allows whoever judges its repositories. */
export function accountStatement(sid: string, actions: string[]): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: [...new Set(actions)].sort(),
    // "*": these actions list and judge what is not known beforehand: every repository, whatever key it is under (keys of
    // other accounts among them), in every Region; account:ListRegions, tag:GetResources, config:PutEvaluations and
    // config:GetResourceConfigHistory allow nothing narrower.
    resources: ['*'],
  });
}
