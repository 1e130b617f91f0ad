import { roleName } from './configuration/aws-names';
import { ConfigurationError } from './configuration/configuration-error';
import { governedUnits, ruleAs } from './configuration/cross-checks';
import { policyFile } from './configuration/policy';
import type { Configuration } from './configuration/schema';
import { CONFIGURATION_AGGREGATOR } from './constructs/configuration-aggregator';
import { MEMBER_STACK_SET } from './names';

/** What ends the policy in the command. */
const END = 'POLICY';

/**
 * The command line of `ecr-encryption doctor` that looks at what a configuration needs, for a POSIX shell. Another `role`
 * than the one that is to be deployed is given no external id: that is the deployed one's.
 */
export function doctorCommand(configuration: Configuration, role?: string): string {
  const problem = role === undefined ? undefined : roleProblem(configuration, role);
  if (problem !== undefined) {
    throw new ConfigurationError([problem], 'the command line');
  }
  // StackSets are looked for in the caller's Region, which is to be the one that they are deployed from.
  const words = [`AWS_REGION=${configuration.home.region} ecr-encryption doctor`];
  for (const [flag, value] of Object.entries(flags(configuration, role))) {
    if (value !== undefined) {
      words.push(value === true ? `--${flag}` : `--${flag} ${quoted(value)}`);
    }
  }
  const { exemptTagKey } = configuration.policy;
  if (exemptTagKey === undefined) {
    return words.join(CONTINUED);
  }
  // The one demand of the policy that needs a right of its own, so that the command needs no file.
  const policy = policyFile({ exemptTagKey, overrides: [] });
  return `${[...words, `--policy /dev/stdin <<'${END}'`].join(CONTINUED)}\n${policy}${END}`;
}

function roleProblem({ mode }: Configuration, role: string): string | undefined {
  if (mode === 'single-account') {
    return '`--role-name` is given, which a single account has no use for; allowed with mode `organization`';
  }
  const { error } = roleName('').safeParse(role);
  return error && `\`--role-name\` is \`${role}\`; allowed: ${error.issues[0]?.message}`;
}

const CONTINUED = ' \\\n    ';

/** The flags with their values; `true` where they take none. */
function flags(configuration: Configuration, role: string | undefined): Record<string, string | true | undefined> {
  const { home, memberRole, mode, options, organization, rule, scan } = configuration;
  const isOrganization = mode === 'organization';
  const way = ruleAs(configuration);
  const readsRecords = scan.source !== 'api';
  return {
    'home-account': home.account,
    accounts: isOrganization ? undefined : home.account,
    'organizational-units': governedUnits(configuration).join(',') || undefined,
    'exclude-accounts': organization?.excludedAccounts.join(',') || undefined,
    // Else doctor would take the home Region for a governed one.
    'rule-regions': rule.regions.join(',') || 'none',
    'rule-name': rule.name,
    'rule-as': isOrganization && way !== 'organization' ? way : undefined,
    regions: scan.regions?.join(',') ?? 'all',
    'role-name': isOrganization ? (role ?? memberRole.name) : undefined,
    'deployed-role': isOrganization ? memberRole.name : undefined,
    'external-id': isOrganization && role === undefined ? memberRole.externalId : undefined,
    'stack-set': isOrganization ? MEMBER_STACK_SET : undefined,
    source: readsRecords ? scan.source : undefined,
    // As the scan is told.
    'config-aggregator': readsRecords ? CONFIGURATION_AGGREGATOR : undefined,
    'config-region': readsRecords ? home.region : undefined,
    aggregator: options.configurationAggregator ? true : undefined,
    include: scan.templates ? 'templates' : undefined,
    'security-hub': scan.securityHub ? true : undefined,
    'max-rate': scan.maxRate?.toString(),
  };
}

/** As one word of a shell. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_,.:/@+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
