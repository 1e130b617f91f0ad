import type { Configuration } from './schema';

/** The role that the functions assume elsewhere; a single account needs none. */
export function memberRoleName({ mode, memberRole }: Configuration): string | undefined {
  return mode === 'organization' ? memberRole.name : undefined;
}

/** Whether the management account is governed and scanned: it stands in the root, in no unit. */
export function governsManagementAccount({ organization }: Configuration): boolean {
  if (organization === undefined) {
    return false;
  }
  const { excludedAccounts, managementAccount, organizationalUnits } = organization;
  return organizationalUnits.some((unit) => unit.startsWith('r-')) && !excludedAccounts.includes(managementAccount);
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
