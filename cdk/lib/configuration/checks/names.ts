import { AGGREGATOR_ROLE, ATHENA_RESULTS, MEMBER_ROLE, RULE_ROLE } from '../../names';
import { type Check, wrong } from '../problem';

/** On one resource. */
const MOST_TAGS = 50;

const notTooManyTags: Check = ({ tags }) => {
  const { length } = Object.keys(tags);
  return length > MOST_TAGS ? [wrong('tags', `has ${length}; allowed by AWS: ${MOST_TAGS}`)] : [];
};

/** What AWS takes; it keeps keys that begin with `aws:` for itself. */
const tagKeys: Check = ({ tags }) =>
  Object.keys(tags)
    .filter((key) => !/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu.test(key))
    .map((key) => ({
      path: ['tags', key],
      message: `\`tags\` has the key \`${key}\`; allowed: 1–128 letters, digits, spaces and \`_ . : / = + - @\`, without \`aws:\` in front`,
    }));

const tagKeysDiffer: Check = ({ tags }) => {
  const byLowerCase = new Map<string, string[]>();
  for (const key of Object.keys(tags)) {
    byLowerCase.set(key.toLowerCase(), [...(byLowerCase.get(key.toLowerCase()) ?? []), key]);
  }
  return [...byLowerCase.values()]
    .filter((keys) => keys.length > 1)
    .map((keys) => ({
      path: ['tags', keys.at(-1) ?? ''],
      message: `\`tags\` has the keys ${keys.map((key) => `\`${key}\``).join(', ')}, which differ in case alone, and are the same to IAM; allowed: one of them`,
    }));
};

/** A default cannot be told from the same name in the file; it does no harm. */
const memberRoleOfMode: Check = ({ mode, memberRole }) => {
  const given = {
    name: memberRole.name !== MEMBER_ROLE,
    externalId: memberRole.externalId !== undefined,
    permissionsBoundary: memberRole.permissionsBoundary !== undefined,
  };
  return mode === 'organization'
    ? []
    : Object.entries(given)
        .filter(([, isGiven]) => isGiven)
        .map(([name]) =>
          wrong(
            `memberRole.${name}`,
            'is given; allowed with mode `organization` only: the functions of a single account assume no role',
          ),
        );
};

/** In the home account, the role in every account would be a second one of that name; IAM's names know no case. */
const memberRole: Check = ({ mode, memberRole }) => {
  const name = memberRole.name.split('/').pop()?.toLowerCase();
  const own = [RULE_ROLE, AGGREGATOR_ROLE].find((role) => role.toLowerCase() === name);
  return own === undefined || mode === 'single-account'
    ? []
    : [wrong('memberRole.name', `is \`${memberRole.name}\`, the role of a function; allowed: any other`)];
};

/** The bucket removes results of queries after some days. */
const reportsApart: Check = ({ report }) =>
  `${report.prefix}/`.startsWith(ATHENA_RESULTS)
    ? [wrong('report.prefix', `is \`${report.prefix}\`, where results of queries are for 30 days; allowed: any other`)]
    : [];

export const NAMES = [notTooManyTags, tagKeys, tagKeysDiffer, memberRoleOfMode, memberRole, reportsApart];
