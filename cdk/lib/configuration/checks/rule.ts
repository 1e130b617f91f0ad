import { partitionOf } from '../aws-names';
import { mostStatements, WITHOUT_RESOURCE_POLICY } from '../function-policy';
import { memberRoleName } from '../governed';
import { overrideProblems, parametersTooLong, ruleParameters } from '../policy';
import { type Check, wrong } from '../problem';

const packOfAll: Check = ({ organization, rule }) =>
  rule.deployAs === 'conformance-pack' && organization?.organizationalUnits.some((unit) => unit.startsWith('ou-'))
    ? [
        wrong(
          'rule.deployAs',
          'is `conformance-pack`, which AWS Config deploys to the whole organization; allowed with `organization.organizationalUnits` of the root alone',
        ),
      ]
    : [];

const nameOfPack: Check = ({ rule }) =>
  rule.deployAs === 'conformance-pack' && !/^[A-Za-z][A-Za-z0-9-]*$/.test(rule.name)
    ? [
        wrong(
          'rule.name',
          `is \`${rule.name}\`; allowed for a conformance pack: letters, digits and \`-\`, with a letter in front`,
        ),
      ]
    : [];

const parametersFit: Check = (configuration) => {
  const { home, policy, rule } = configuration;
  const parameters = ruleParameters(policy, memberRoleName(configuration));
  const tooLong = rule.regions.length > 0 && parametersTooLong(parameters, partitionOf(home.region));
  return tooLong ? [{ path: ['policy', tooLong.longest], message: `\`policy\`: ${tooLong.message}` }] : [];
};

const overridesSaySomething: Check = ({ policy }) => overrideProblems(policy);

/** One account needs no permission for others. */
const permissionOfMode: Check = ({ mode, rule }) =>
  mode === 'single-account' && rule.invokePermission !== 'service'
    ? [
        wrong(
          'rule.invokePermission',
          `is \`${rule.invokePermission}\`; allowed with mode \`single-account\`: leave it out, only the account itself is permitted`,
        ),
      ]
    : [];

const invokingAccounts: Check = ({ rule }) => {
  const { invokePermission, invokingAccounts } = rule;
  if (invokePermission === 'accounts' && invokingAccounts.length === 0) {
    return [
      {
        path: ['rule', 'invokePermission'],
        message:
          '`rule.invokingAccounts` is empty; `rule.invokePermission` `accounts` needs every account that the rule is in',
      },
    ];
  }
  return invokePermission !== 'accounts' && invokingAccounts.length > 0
    ? [
        wrong(
          'rule.invokingAccounts',
          `is given, and \`rule.invokePermission\` is \`${invokePermission}\`, which does not heed it; allowed with \`accounts\``,
        ),
      ]
    : [];
};

/** A function's policy has 20,480 characters; in a condition, an account takes 15 of them. */
const invokingAccountsFit: Check = ({ rule }) =>
  rule.invokingAccounts.length > 1_300
    ? [
        wrong(
          'rule.invokingAccounts',
          `has ${rule.invokingAccounts.length} accounts; allowed by a function's policy: 1,300`,
        ),
      ]
    : [];

function withoutResourcePolicy(regions: readonly string[]): string[] {
  return WITHOUT_RESOURCE_POLICY.filter((region) => regions.includes(region));
}

/** Each account has a statement of its own where one condition with all of them cannot be deployed. */
const statementsFit: Check = ({ rule }) => {
  const { length } = rule.invokePermission === 'accounts' ? rule.invokingAccounts : [];
  const small = withoutResourcePolicy(rule.regions);
  const most = Math.min(...small.map(mostStatements));
  return length > most
    ? [
        wrong(
          'rule.invokingAccounts',
          `has ${length} accounts; allowed in ${small.join(', ')}, where each takes a statement of the function's policy: ${most}, or \`rule.invokePermission: service\``,
        ),
      ]
    : [];
};

const organizationCanBeDeployed: Check = ({ mode, rule }) => {
  const without = withoutResourcePolicy(rule.regions);
  return mode === 'organization' && rule.invokePermission === 'organization' && without.length > 0
    ? [
        wrong(
          'rule.invokePermission',
          `is \`organization\`, which CloudFormation cannot deploy in ${without.join(', ')}; allowed there: \`service\`, or \`accounts\` with at most ${Math.min(...without.map(mostStatements))} of them`,
        ),
      ]
    : [];
};

export const RULE = [
  packOfAll,
  nameOfPack,
  parametersFit,
  overridesSaySomething,
  permissionOfMode,
  invokingAccounts,
  invokingAccountsFit,
  statementsFit,
  organizationCanBeDeployed,
];
