import { LISTS } from './checks/lists';
import { NAMES } from './checks/names';
import { ORGANIZATION } from './checks/organization';
import { PLACES } from './checks/places';
import { RULE } from './checks/rule';
import { SCAN } from './checks/scan';
import { TOPICS } from './checks/topics';
import type { Check } from './problem';

/** What can be wrong with settings that are right each by itself; each check reads as few of them as it can. */
export const CROSS_CHECKS: readonly Check[] = [
  ...ORGANIZATION,
  ...PLACES,
  ...RULE,
  ...LISTS,
  ...NAMES,
  ...SCAN,
  ...TOPICS,
];

export { governedUnits, memberRoleName, ruleAs } from './governed';
