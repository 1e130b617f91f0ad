import type { Configuration } from './schema';

/** The role that the functions assume elsewhere; a single account needs none. */
export function memberRoleName({ mode, memberRole }: Configuration): string | undefined {
  return mode === 'organization' ? memberRole.name : undefined;
}

/** The units that are governed and scanned; none where the root is, which stands for all. */
export function governedUnits({ organization }: Configuration): string[] {
  return organization?.organizationalUnits.filter((unit) => !unit.startsWith('r-')) ?? [];
}
