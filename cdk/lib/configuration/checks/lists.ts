import type { Check } from '../problem';
import type { Configuration } from '../schema';

/** Lists in which something twice is a typing error. */
const EACH_ONCE: Record<string, (configuration: Configuration) => readonly string[] | undefined> = {
  'rule.regions': ({ rule }) => rule.regions,
  'rule.invokingAccounts': ({ rule }) => rule.invokingAccounts,
  'organization.organizationalUnits': ({ organization }) => organization?.organizationalUnits,
  'organization.excludedAccounts': ({ organization }) => organization?.excludedAccounts,
  'scan.regions': ({ scan }) => scan.regions,
  'scan.formats': ({ scan }) => scan.formats,
  'notifications.emails': ({ notifications }) => notifications.emails,
  'notifications.topicArns': ({ notifications }) => notifications.topicArns,
  'policy.kmsKeyArns': ({ policy }) => policy.kmsKeyArns,
  'policy.kmsKeyAccountIds': ({ policy }) => policy.kmsKeyAccountIds,
  'policy.exemptRepositoryNames': ({ policy }) => policy.exemptRepositoryNames,
  'policy.overrides': ({ policy }) => policy.overrides.map(({ name }) => name),
};

const eachOnce = Object.entries(EACH_ONCE).map(([name, list]): Check => {
  return (configuration) => {
    const items = list(configuration) ?? [];
    const again = [...items.entries()].filter(([index, item]) => items.indexOf(item) !== index);
    // Where it is given thrice, it is told once, of the last one.
    return [...new Map(again.map(([index, item]) => [item, index]))].map(([item, index]) => ({
      path: [...name.split('.'), index],
      message: `\`${name}\` has \`${item}\` more than once; allowed: each once`,
    }));
  };
});

export const LISTS = eachOnce;
