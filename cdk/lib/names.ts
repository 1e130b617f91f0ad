/** Names that are given here, and that others rely on: they must not change between versions. */

/** The roles of the functions, which the role in every account trusts by ARN. */
export const RULE_ROLE = 'EcrEncryptionRule';
export const AGGREGATOR_ROLE = 'EcrEncryptionAggregator';

/** The role in every account, where the configuration names no other. */
export const MEMBER_ROLE = 'EcrEncryptionAudit';

/**
 * What the names of the rule's stacks begin with, and so the names that CloudFormation gives to what is in them; of its
 * StackSets too, where units are governed.
 */
export const RULE_STACKS = 'EcrEncryptionRule-';

/** The StackSet with the role in every account. */
export const MEMBER_STACK_SET = 'EcrEncryptionMemberRole';

/** Where results of Athena's queries go, in the bucket of the reports; nobody needs them for long. */
export const ATHENA_RESULTS = 'athena-results/';
