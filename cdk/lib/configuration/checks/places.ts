import { isOfPartition, partitionOf } from '../aws-names';
import type { Policy } from '../policy';
import { type Check, type Problem, wrong } from '../problem';
import type { Configuration } from '../schema';

const ofHomesPartition = (
  list: (configuration: Configuration) => [name: string, regions: readonly string[]][],
): Check => {
  return (configuration) => {
    const { home } = configuration;
    const partition = partitionOf(home.region);
    return list(configuration).flatMap(([name, regions]) =>
      [...regions.entries()]
        .filter(([, region]) => partitionOf(region) !== partition)
        .map(([index, region]) =>
          wrong(
            `${name}.${index}`,
            `is \`${region}\`, of the partition ${partitionOf(region)}; allowed: Regions of ${partition}, as \`home.region\` (\`${home.region}\`)`,
          ),
        ),
    );
  };
};

/** Else no repository could comply, and nobody would be told why. */
const keysOfHomesPartition = (list: (policy: Policy) => [name: string, globs: readonly string[]][]): Check => {
  return ({ home, policy }) => {
    const partition = partitionOf(home.region);
    return list(policy).flatMap(([name, globs]) =>
      [...globs.entries()]
        .filter(([, glob]) => !isOfPartition(glob, partition))
        .map(([index, glob]) =>
          wrong(
            `${name}.${index}`,
            `is \`${glob}\`, which no key of the partition ${partition} has; allowed: what begins with arn:${partition}:, as \`home.region\` (\`${home.region}\`) demands`,
          ),
        ),
    );
  };
};

/** Overrides must not name places where they never apply: the scan refuses them, at every run. */
const overridesOfOneAccount: Check = ({ mode, home, policy }) =>
  mode !== 'single-account'
    ? []
    : policy.overrides.flatMap(({ accounts = [], organizationalUnits = [] }, index) => {
        const name = `policy.overrides.${index}`;
        const units =
          organizationalUnits.length > 0
            ? [
                wrong(
                  `${name}.organizationalUnits`,
                  'is given; allowed with mode `organization` only: one account has no units',
                ),
              ]
            : [];
        const others = accounts.filter((account) => account !== home.account);
        return [
          ...units,
          ...others.map((account) =>
            has(
              `${name}.accounts`,
              account,
              accounts,
              `allowed with mode \`single-account\`: \`home.account\` (\`${home.account}\`)`,
            ),
          ),
        ];
      });

const overridesOfOurUnits: Check = ({ mode, organization, policy }) => {
  const root = mode === 'organization' ? organization?.organizationalUnits[0]?.split('-')[1] : undefined;
  return root === undefined
    ? []
    : policy.overrides.flatMap(({ organizationalUnits = [] }, index) =>
        organizationalUnits
          .filter((unit) => /^(?:ou|r)-/.test(unit) && unit.split('-')[1] !== root)
          .map((unit) =>
            has(
              `policy.overrides.${index}.organizationalUnits`,
              unit,
              organizationalUnits,
              `allowed: units of the organization, whose root is r-${root}`,
            ),
          ),
      );
};

/** A list has an item that it must not have. */
function has(list: string, item: string, items: readonly string[], allowed: string): Problem {
  return { path: [...list.split('.'), items.indexOf(item)], message: `\`${list}\` has \`${item}\`; ${allowed}` };
}

export const PLACES = [
  ofHomesPartition(({ rule }) => [['rule.regions', rule.regions]]),
  ofHomesPartition(({ scan }) => [['scan.regions', scan.regions ?? []]]),
  ofHomesPartition(({ policy }) =>
    policy.overrides.map(({ regions = [] }, index) => [`policy.overrides.${index}.regions`, regions]),
  ),
  keysOfHomesPartition(({ kmsKeyArns = [] }) => [['policy.kmsKeyArns', kmsKeyArns]]),
  keysOfHomesPartition(({ overrides }) =>
    overrides.map(({ kmsKeyArns = [] }, index) => [`policy.overrides.${index}.kmsKeyArns`, kmsKeyArns]),
  ),
  overridesOfOneAccount,
  overridesOfOurUnits,
];
