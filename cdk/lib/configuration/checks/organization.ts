import { type Check, wrong } from '../problem';

/** What AWS Config takes. */
const MOST_EXCLUDED = 1_000;

const UNITS = 'organization.organizationalUnits';

const goesWithMode: Check = ({ mode, organization }) => {
  if (mode === 'single-account') {
    return organization
      ? [wrong('organization', 'is given, which mode `single-account` does not have; allowed: mode `organization`')]
      : [];
  }
  return organization
    ? []
    : [
        wrong(
          'organization',
          'is missing; mode `organization` needs its id, managementAccount and organizationalUnits',
        ),
      ];
};

const rootAlone: Check = ({ mode, organization }) => {
  const units = mode === 'organization' ? (organization?.organizationalUnits ?? []) : [];
  return units.length > 1 && units.some((unit) => unit.startsWith('r-'))
    ? [wrong(UNITS, 'has the root beside others; allowed: the root alone, which stands for all, or units')]
    : [];
};

/** An organization has one root, and each unit's id has the root's. */
const oneOrganization: Check = ({ mode, organization }) => {
  const units = mode === 'organization' ? (organization?.organizationalUnits ?? []) : [];
  const roots = new Set(units.map((unit) => unit.split('-')[1]));
  return roots.size > 1
    ? [
        wrong(
          UNITS,
          `has units of ${roots.size} roots (${[...roots].map((root) => `r-${root}`).join(', ')}); allowed: those of one organization`,
        ),
      ]
    : [];
};

const notTooManyExcluded: Check = ({ mode, organization }) => {
  const excluded = mode === 'organization' ? (organization?.excludedAccounts ?? []) : [];
  return excluded.length > MOST_EXCLUDED
    ? [wrong('organization.excludedAccounts', `has ${excluded.length} accounts; allowed by AWS Config: 1,000`)]
    : [];
};

const homeIncluded: Check = ({ mode, organization, home }) => {
  const excluded = mode === 'organization' ? (organization?.excludedAccounts ?? []) : [];
  const index = excluded.indexOf(home.account);
  return index < 0
    ? []
    : [
        {
          path: ['organization', 'excludedAccounts', index],
          message: `\`organization.excludedAccounts\` has \`home.account\` (\`${home.account}\`); allowed: any other account`,
        },
      ];
};

export const ORGANIZATION = [goesWithMode, rootAlone, oneOrganization, notTooManyExcluded, homeIncluded];
