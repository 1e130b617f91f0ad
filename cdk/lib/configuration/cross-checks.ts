import { partitionOf } from './aws-names';
import { overrideProblems, parametersTooLong, ruleParameters } from './policy';
import type { Configuration } from './schema';

/** What is wrong with settings that are right each by itself. */
export function crossChecks(configuration: Configuration): string[] {
  return [
    ...organization(configuration),
    ...regions(configuration),
    ...rule(configuration),
    ...overrideProblems(configuration.policy),
    ...duplicates(configuration),
    ...scan(configuration),
  ];
}

/** The role that the functions assume elsewhere; a single account needs none. */
export function memberRoleName({ mode, memberRole }: Configuration): string | undefined {
  return mode === 'organization' ? memberRole.name : undefined;
}

function organization({ mode, organization, home }: Configuration): string[] {
  if (mode === 'single-account') {
    return organization
      ? ['`organization` is given, which mode `single-account` does not have; allowed: mode `organization`']
      : [];
  }
  if (!organization) {
    return ['`organization` is missing; mode `organization` needs its id, managementAccount and organizationalUnits'];
  }
  const { organizationalUnits, excludedAccounts } = organization;
  const problems: string[] = [];
  if (organizationalUnits.length > 1 && organizationalUnits.some((unit) => unit.startsWith('r-'))) {
    problems.push(
      '`organization.organizationalUnits` has the root beside others; allowed: the root alone, which stands for all, or units',
    );
  }
  if (excludedAccounts.length > 1_000) {
    problems.push(
      `\`organization.excludedAccounts\` has ${excludedAccounts.length} accounts; allowed by AWS Config: 1,000`,
    );
  }
  if (excludedAccounts.includes(home.account)) {
    problems.push(
      `\`organization.excludedAccounts\` has \`home.account\` (\`${home.account}\`); allowed: any other account`,
    );
  }
  return problems;
}

function regions({ home, rule, scan, report }: Configuration): string[] {
  const partition = partitionOf(home.region);
  const named = [
    ...rule.regions.map((region, index) => [`rule.regions.${index}`, region] as const),
    ...(scan.regions ?? []).map((region, index) => [`scan.regions.${index}`, region] as const),
  ];
  const problems = named
    .filter(([, region]) => partitionOf(region) !== partition)
    .map(
      ([name, region]) =>
        `\`${name}\` is \`${region}\`, of the partition ${partitionOf(region)}; allowed: Regions of ${partition}, as \`home.region\` (\`${home.region}\`)`,
    );
  if (report.objectLock && report.keepDays && report.keepDays < report.objectLock.days) {
    problems.push(
      `\`report.keepDays\` is \`${report.keepDays}\`; allowed: at least the ${report.objectLock.days} days of \`report.objectLock\`, which keeps what is older anyway`,
    );
  }
  return problems;
}

function rule(configuration: Configuration): string[] {
  const { mode, organization, policy, rule } = configuration;
  const problems: string[] = [];
  if (
    rule.deployAs === 'conformance-pack' &&
    organization?.organizationalUnits.some((unit) => unit.startsWith('ou-'))
  ) {
    problems.push(
      '`rule.deployAs` is `conformance-pack`, which AWS Config deploys to the whole organization; allowed with `organization.organizationalUnits` of the root alone',
    );
  }
  // A rule may begin with a digit and have `_`, a pack may not.
  if (rule.deployAs === 'conformance-pack' && !/^[a-zA-Z][-a-zA-Z0-9]*$/.test(rule.name)) {
    problems.push(
      `\`rule.name\` is \`${rule.name}\`; allowed with \`rule.deployAs\` \`conformance-pack\`, which gives the pack this name: a letter, then letters, digits and \`-\``,
    );
  }
  const tooLong = rule.regions.length > 0 && parametersTooLong(ruleParameters(policy, memberRoleName(configuration)));
  if (tooLong) {
    problems.push(`\`policy\`: ${tooLong}`);
  }
  if (mode === 'single-account' && rule.invokePermission !== 'service') {
    problems.push(
      `\`rule.invokePermission\` is \`${rule.invokePermission}\`; allowed with mode \`single-account\`: leave it out, only the account itself is permitted`,
    );
  }
  if (rule.invokePermission === 'accounts' && rule.invokingAccounts.length === 0) {
    problems.push(
      '`rule.invokingAccounts` is empty; `rule.invokePermission` `accounts` needs every account that the rule is in',
    );
  }
  if (rule.invokePermission !== 'accounts' && rule.invokingAccounts.length > 0) {
    problems.push(
      `\`rule.invokingAccounts\` is given, which \`rule.invokePermission\` \`${rule.invokePermission}\` does not heed; allowed: leave it out, or \`rule.invokePermission: accounts\``,
    );
  }
  // A function's policy has 20,480 characters; an account takes 15 of them.
  if (rule.invokingAccounts.length > 1_300) {
    problems.push(
      `\`rule.invokingAccounts\` has ${rule.invokingAccounts.length} accounts; allowed by a function's policy: 1,300`,
    );
  }
  return problems;
}

function duplicates({ rule, organization, policy }: Configuration): string[] {
  const lists = {
    'rule.regions': rule.regions,
    'organization.organizationalUnits': organization?.organizationalUnits ?? [],
    'policy.overrides': policy.overrides.map(({ name }) => name),
  };
  return Object.entries(lists).flatMap(([name, items]) =>
    items
      .filter((item, index) => items.indexOf(item) !== index)
      .map((item) => `\`${name}\` has \`${item}\` twice; allowed: each once`),
  );
}

function scan({ mode, scan, options }: Configuration): string[] {
  const problems: string[] = [];
  if (options.athena && !scan.formats.includes('parquet')) {
    problems.push('`options.athena` is `true` and `scan.formats` lacks `parquet`, which it reads; allowed: add it');
  }
  if (scan.source !== 'api' && !options.configurationAggregator) {
    problems.push(
      `\`scan.source\` is \`${scan.source}\`, which reads an AWS Config aggregator; allowed: with \`options.configurationAggregator: true\``,
    );
  }
  if (options.configurationAggregator && mode === 'single-account') {
    problems.push('`options.configurationAggregator` is `true`; allowed with mode `organization` only');
  }
  return problems;
}
