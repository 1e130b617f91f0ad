import { z } from 'zod';
import { accountId, keyArnGlob, organizationalUnit, region, repositoryGlob, tagKey } from './aws-names';
import { choice, field, flag, list, section } from './field';
import { type Problem, wrong } from './problem';

const LEVELS = ['sse', 'awskms', 'awscmk', 'externalcmk', 'cloudhsm', 'externalkeystore'] as const;

/** The demands that an override can change too. */
const demands = {
  desiredEncryptionLevel: choice('The lowest level that complies', LEVELS).optional(),
  kmsKeyArns: list('The keys that may be used', keyArnGlob('A key ARN, wildcards allowed'), 1).optional(),
  kmsKeyAccountIds: list('The accounts whose keys may be used', accountId('An account'), 1).optional(),
  requireDualLayer: flag('Only KMS_DSSE complies').optional(),
  requireUsableKey: choice('Whether the key must be usable', ['true', 'proven', 'false']).optional(),
};

const override = section('Other demands in some places, for the scan alone', {
  name: field('What findings call it', 'a name', (text) => text || undefined),
  accounts: list('Accounts', accountId('An account'), 1).optional(),
  organizationalUnits: list(
    'Units, by id or by the path of their names',
    z.union([organizationalUnit('An id'), field('A path', 'Root/Workloads/Prod', unitPath)]),
    1,
  ).optional(),
  regions: list('Regions', region('A Region'), 1).optional(),
  repositories: list('Names of repositories', repositoryGlob('A name, wildcards allowed'), 1).optional(),
  ...demands,
});

/** What is demanded: parameters of the rule, and the policy of the scan. */
export const policy = section('What is demanded of repositories', {
  ...demands,
  exemptRepositoryNames: list(
    'Repositories that are left out',
    repositoryGlob('A name, wildcards allowed'),
    1,
  ).optional(),
  exemptTagKey: tagKey('A repository with this tag is left out').optional(),
  undeterminedCompliance: choice('What AWS Config is told where nothing is proved', [
    'NON_COMPLIANT',
    'NOT_APPLICABLE',
  ]).optional(),
  overrides: list('Other demands in some places; the last that matches wins', override).default([]),
});

export type Policy = z.output<typeof policy>;

function unitPath(text: string): string | undefined {
  return text.split('/').every((name) => name.trim() !== '') && !/^(?:ou|r)-/.test(text) ? text : undefined;
}

/** AWS Config's own limit. */
const MOST_CHARACTERS = 1_024;

/** The parameters of the rule: texts under the names that it knows. */
export function ruleParameters(policy: Policy, executionRoleName: string | undefined): Record<string, string> {
  const { overrides: _, ...parameters } = policy;
  return Object.fromEntries(
    Object.entries({ ...parameters, executionRoleName }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : String(value)]],
    ),
  );
}

/** What is wrong with the length of the parameters, and the way out, which begins with the longest of them. */
export function parametersTooLong(
  parameters: Record<string, string>,
  partition: string,
): { readonly longest: string; readonly message: string } | undefined {
  const characters = JSON.stringify(parameters).length;
  if (characters <= MOST_CHARACTERS) {
    return undefined;
  }
  const [name, value] = Object.entries(parameters).reduce((longest, one) =>
    one[1].length > longest[1].length ? one : longest,
  );
  const wayOut =
    name === 'kmsKeyArns'
      ? `name many keys by a wildcard, such as arn:${partition}:kms:*:111122223333:key/*, or their accounts in \`kmsKeyAccountIds\``
      : name === 'exemptRepositoryNames'
        ? 'name many repositories by a wildcard, or exempt them by a tag with `exemptTagKey`'
        : 'name fewer';
  const message =
    `the rule's parameters have ${characters.toLocaleString('en-US')} characters as JSON; ` +
    `allowed by AWS Config: ${MOST_CHARACTERS.toLocaleString('en-US')}. ` +
    `The longest is \`${name}\` with ${value.length.toLocaleString('en-US')}: ${wayOut}`;
  return { longest: name, message };
}

/** What is wrong with overrides: each must say where it applies, and what it changes. */
export function overrideProblems({ overrides }: Policy): Problem[] {
  const demanded = Object.keys(demands);
  const selectors = ['accounts', 'organizationalUnits', 'regions', 'repositories'];
  const gives = (one: object, names: string[]) =>
    Object.entries(one).some(([name, value]) => names.includes(name) && value !== undefined);
  return overrides.flatMap((one, index) => {
    const setting = `policy.overrides.${index}`;
    const lacks = (what: string, names: string[]) =>
      wrong(setting, `(\`${one.name}\`) ${what}; allowed: at least one of ${names.join(', ')}`);
    return [
      ...(gives(one, selectors) ? [] : [lacks('does not say where it applies', selectors)]),
      ...(gives(one, demanded) ? [] : [lacks('changes nothing', demanded)]),
    ];
  });
}

/** The policy file of the scan, as `--policy` reads it. */
export function policyFile(policy: Policy): string {
  const { overrides, ...top } = policy;
  return [table(top), ...overrides.map((one) => `\n[[override]]\n${table(one)}`)].join('');
}

function table(settings: Record<string, unknown>): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => `${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} = ${toml(name, value)}\n`,
    )
    .join('');
}

/** TOML's basic strings escape as JSON's do. */
function toml(name: string, value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
  }
  // `requireUsableKey` is a boolean there unless it is `proven`.
  const isBoolean = name === 'requireUsableKey' && value !== 'proven';
  return isBoolean ? String(value) : JSON.stringify(value);
}
