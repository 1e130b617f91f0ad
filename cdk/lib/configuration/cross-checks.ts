import { AGGREGATOR_ROLE, ATHENA_RESULTS, RULE_ROLE } from '../names';
import { partitionOf } from './aws-names';
import { overrideProblems, parametersTooLong, ruleParameters } from './policy';
import type { Configuration } from './schema';

/** On one resource. */
const MOST_TAGS = 50;

/** What is wrong with settings that are right each by itself. */
export function crossChecks(configuration: Configuration): string[] {
  return [
    ...organization(configuration),
    ...regions(configuration),
    ...rule(configuration),
    ...overrideProblems(configuration.policy),
    ...overridePlaces(configuration),
    ...duplicates(configuration),
    ...memberRoleProblems(configuration),
    ...reportProblems(configuration),
    ...tagProblems(configuration),
    ...scan(configuration),
  ];
}

/** The role that the functions assume elsewhere; a single account needs none. */
export function memberRoleName({ mode, memberRole }: Configuration): string | undefined {
  return mode === 'organization' ? memberRole.name : undefined;
}

/** The units that are governed and scanned; none where the root is, which stands for all. */
export function governedUnits({ organization }: Configuration): string[] {
  return organization?.organizationalUnits.filter((unit) => !unit.startsWith('r-')) ?? [];
}

/** How the rule gets into the accounts of an organization, in the words of `doctor`. */
export function ruleAs(configuration: Configuration): 'organization' | 'stack-sets' | 'conformance-pack' {
  if (configuration.rule.deployAs === 'conformance-pack') {
    return 'conformance-pack';
  }
  return governedUnits(configuration).length > 0 ? 'stack-sets' : 'organization';
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
  // An organization has one root, and each unit's id has the root's.
  const roots = new Set(organizationalUnits.map((unit) => unit.split('-')[1]));
  if (roots.size > 1) {
    problems.push(
      `\`organization.organizationalUnits\` has units of ${roots.size} roots (${[...roots].map((root) => `r-${root}`).join(', ')}); allowed: those of one organization`,
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

function regions({ home, policy, rule, scan, report }: Configuration): string[] {
  const partition = partitionOf(home.region);
  const lists: Record<string, readonly string[]> = {
    'rule.regions': rule.regions,
    'scan.regions': scan.regions ?? [],
    ...Object.fromEntries(
      policy.overrides.map(({ regions = [] }, index) => [`policy.overrides.${index}.regions`, regions]),
    ),
  };
  const named = Object.entries(lists).flatMap(([name, regions]) =>
    regions.map((region, index) => [`${name}.${index}`, region] as const),
  );
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
  if (rule.deployAs === 'conformance-pack' && !/^[A-Za-z][A-Za-z0-9-]*$/.test(rule.name)) {
    problems.push(
      `\`rule.name\` is \`${rule.name}\`; allowed for a conformance pack: letters, digits and \`-\`, with a letter in front`,
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
      `\`rule.invokingAccounts\` is given, and \`rule.invokePermission\` is \`${rule.invokePermission}\`, which does not heed it; allowed with \`accounts\``,
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

/** Where overrides apply that never would: the scan refuses them, at every run. */
function overridePlaces({ mode, home, organization, policy }: Configuration): string[] {
  const root = organization?.organizationalUnits[0]?.split('-')[1];
  return policy.overrides.flatMap(({ accounts = [], organizationalUnits = [] }, index) => {
    const name = `policy.overrides.${index}`;
    if (mode === 'single-account') {
      const others = accounts.filter((account) => account !== home.account);
      return [
        ...(organizationalUnits.length > 0
          ? [
              `\`${name}.organizationalUnits\` is given; allowed with mode \`organization\` only: one account has no units`,
            ]
          : []),
        ...others.map(
          (account) =>
            `\`${name}.accounts\` has \`${account}\`; allowed with mode \`single-account\`: \`home.account\` (\`${home.account}\`)`,
        ),
      ];
    }
    return organizationalUnits
      .filter((unit) => /^(?:ou|r)-/.test(unit) && root !== undefined && unit.split('-')[1] !== root)
      .map(
        (unit) =>
          `\`${name}.organizationalUnits\` has \`${unit}\`; allowed: units of the organization, whose root is r-${root}`,
      );
  });
}

function duplicates({ rule, organization, policy, scan, notifications }: Configuration): string[] {
  const lists: Record<string, readonly string[] | undefined> = {
    'rule.regions': rule.regions,
    'rule.invokingAccounts': rule.invokingAccounts,
    'organization.organizationalUnits': organization?.organizationalUnits,
    'organization.excludedAccounts': organization?.excludedAccounts,
    'scan.regions': scan.regions,
    'scan.formats': scan.formats,
    'notifications.emails': notifications.emails,
    'policy.kmsKeyArns': policy.kmsKeyArns,
    'policy.kmsKeyAccountIds': policy.kmsKeyAccountIds,
    'policy.exemptRepositoryNames': policy.exemptRepositoryNames,
    'policy.overrides': policy.overrides.map(({ name }) => name),
  };
  return Object.entries(lists).flatMap(([name, items = []]) =>
    [...new Set(items.filter((item, index) => items.indexOf(item) !== index))].map(
      (item) => `\`${name}\` has \`${item}\` more than once; allowed: each once`,
    ),
  );
}

/** What AWS takes; it keeps keys that begin with `aws:` for itself. */
function tagProblems({ tags }: Configuration): string[] {
  const keys = Object.keys(tags);
  return [
    ...(keys.length > MOST_TAGS ? [`\`tags\` has ${keys.length}; allowed by AWS: ${MOST_TAGS}`] : []),
    ...keys
      .filter((key) => !/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu.test(key))
      .map(
        (key) =>
          `\`tags\` has the key \`${key}\`; allowed: 1–128 letters, digits, spaces and \`_ . : / = + - @\`, without \`aws:\` in front`,
      ),
  ];
}

/** In the home account, the role in every account would be a second one of that name; IAM's names know no case. */
function memberRoleProblems({ mode, memberRole }: Configuration): string[] {
  const name = memberRole.name.split('/').pop()?.toLowerCase();
  const own = [RULE_ROLE, AGGREGATOR_ROLE].find((role) => role.toLowerCase() === name);
  return own === undefined || mode === 'single-account'
    ? []
    : [`\`memberRole.name\` is \`${memberRole.name}\`, the role of a function; allowed: any other`];
}

/** The bucket removes results of queries after some days. */
function reportProblems({ report }: Configuration): string[] {
  return `${report.prefix}/`.startsWith(ATHENA_RESULTS)
    ? [`\`report.prefix\` is \`${report.prefix}\`, where results of queries are for 30 days; allowed: any other`]
    : [];
}

function scan({ mode, scan, options }: Configuration): string[] {
  const problems: string[] = [];
  if (options.athena && !scan.formats.includes('parquet')) {
    problems.push('`options.athena` is `true` and `scan.formats` lacks `parquet`, which it reads; allowed: add it');
  }
  if (scan.source !== 'api' && mode === 'single-account') {
    problems.push(
      `\`scan.source\` is \`${scan.source}\`, which reads an AWS Config aggregator of an organization; allowed with mode \`single-account\`: \`api\``,
    );
  } else if (scan.source !== 'api' && !options.configurationAggregator) {
    problems.push(
      `\`scan.source\` is \`${scan.source}\`, which reads an AWS Config aggregator; allowed: with \`options.configurationAggregator: true\``,
    );
  }
  if (scan.source === 'config' && scan.templates && mode === 'organization') {
    problems.push(
      '`scan.templates` is `true`, and `scan.source` is `config`, which records no templates; allowed: with `scan.source` `api` or `both`',
    );
  }
  if (options.configurationAggregator && mode === 'single-account') {
    problems.push('`options.configurationAggregator` is `true`; allowed with mode `organization` only');
  }
  return problems;
}
