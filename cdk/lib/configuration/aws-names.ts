import { RegionInfo } from 'aws-cdk-lib/region-info';
import { field, nearest, pattern } from './field';

const REGIONS = new Map(RegionInfo.regions.map((region) => [region.name, region]));

/** The partition of a Region that `region` has taken, such as `aws-us-gov`. */
export function partitionOf(region: string): string {
  return REGIONS.get(region)?.partition ?? 'aws';
}

/** Whether an account must enable the Region before it can be used. */
export function isOptIn(region: string): boolean {
  return REGIONS.get(region)?.isOptInRegion ?? false;
}

export const region = (description: string) =>
  field(
    description,
    'a Region of AWS, such as eu-central-1, us-east-1 or us-gov-west-1',
    (text) => (REGIONS.has(text) ? text : undefined),
    { enum: [...REGIONS.keys()].sort() },
    (text) => nearest(text, REGIONS.keys()),
  );

export const accountId = (description: string) => pattern(description, '12 digits', /\d{12}/);

export const organizationId = (description: string) =>
  pattern(description, 'the id of an organization, such as o-a1b2c3d4e5', /o-[a-z0-9]{10,32}/);

export const organizationalUnit = (description: string) =>
  pattern(
    description,
    'the id of an organizational unit, such as ou-ab12-11111111, or of the root, such as r-ab12',
    /ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}/,
  );

/** As the aggregator and the rule take it: no `/` in front. */
export const roleName = (description: string) =>
  field(
    description,
    'a role name of 1–64 letters, digits and `_+=,.@-`, behind an optional path such as `security/`, without `*`, `?` and `${`',
    (text) => {
      const trimmed = text.replace(/^\//, '');
      const parts = trimmed.split('/');
      const name = parts.pop() ?? '';
      // The name becomes part of an ARN in policies, where the three would stand for other roles.
      const pathIsRight =
        parts.every((part) => /^(?!.*(?:[*?]|\$\{))[\x21-\x7e]+$/.test(part)) && parts.join('/').length <= 510;
      return pathIsRight && /^[A-Za-z0-9_+=,.@-]{1,64}$/.test(name) && !trimmed.startsWith('arn:')
        ? trimmed
        : undefined;
    },
  );

export const policyName = (description: string) =>
  pattern(
    description,
    'the name of a managed policy that every account has, path allowed, such as security/Boundary; no ARN',
    /(?:[A-Za-z0-9_+=,.@-]+\/)*[A-Za-z0-9_+=,.@-]{1,128}/,
  );

export const externalId = (description: string) =>
  pattern(description, '2–1,224 letters, digits and `_+=,.@:/-`', /[A-Za-z0-9_+=,.@:/-]{2,1224}/);

/** Of general purpose buckets, as the scan takes it: beginnings and ends that AWS keeps for others are none. */
export const bucketName = (description: string) =>
  pattern(
    description,
    '3–63 lower-case letters, digits, `.` and `-`, with a letter or digit at both ends, and none that AWS keeps for itself (xn--…, sthree-…, …-s3alias, …--ol-s3, ….mrap, …--x-s3, …--table-s3)',
    /(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)(?!xn--|sthree-)(?!.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/,
  );

export const keyPrefix = (description: string) =>
  pattern(
    description,
    '1–200 letters, digits, `-`, `_`, `.` and `/`, without `/` at either end and without the parts `.` and `..`',
    /(?!(?:.*\/)?\.\.?(?:\/|$))[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+)*(?<=^.{1,200})/,
  );

export const email = (description: string) =>
  pattern(description, 'an e-mail address, such as security@example.com', /[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+/);

const TOPIC_ARN = /^arn:([a-z-]+):sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}$/;

/** Of standard topics: to publish to a FIFO topic takes a message group, which CloudWatch's alarms do not name. */
export const topicArn = (description: string) =>
  field(
    description,
    'the ARN of an SNS topic, such as arn:aws:sns:eu-central-1:111122223333:alarms, in a Region of its partition; no FIFO topic (….fifo), which no alarm can publish to',
    (text) => {
      const [, partition, region = ''] = TOPIC_ARN.exec(text) ?? [];
      return REGIONS.has(region) && partition === partitionOf(region) ? text : undefined;
    },
    { type: 'string', pattern: TOPIC_ARN.source },
  );

/** Patterns of repository names; see `value.rs` of the core, which reads them in the end. */
export const repositoryGlob = (description: string) =>
  pattern(
    description,
    'lower-case letters, digits, `.`, `_`, `-`, `/`, and the wildcards `*` and `?`',
    /[a-z0-9._\-/*?]+/,
  );

export const tagKey = (description: string) =>
  pattern(description, '1–128 letters, digits, spaces and `_ . : / = + - @`', /[\p{L}\p{N} _.:/=+\-@]{1,128}/u);

const KEY_ARN = /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/;

/** Patterns of key ARNs. A pattern that can match no key ARN would pass nothing, for ever. */
export const keyArnGlob = (description: string) =>
  field(
    description,
    'key ARNs (no alias) such as arn:aws:kms:eu-central-1:111122223333:key/0a1b2c3d-…, with the wildcards `*` and `?`',
    (text) => {
      if (text.includes('alias/') || !/^[A-Za-z0-9:/\-*?]+$/.test(text)) {
        return undefined;
      }
      return (/[*?]/.test(text) ? canMatchKeyArn(text) : KEY_ARN.test(text)) ? text : undefined;
    },
  );

/** Whether the pattern can match a key of the partition: what is before the first `*` tells. */
export function isOfPartition(glob: string, partition: string): boolean {
  const beforeStar = glob.split('*')[0] ?? '';
  const wanted = `arn:${partition}:kms:`;
  return [...wanted].every((character, index) => ['?', undefined, character].includes(beforeStar[index]));
}

/** Checks the sections of the pattern from the left, up to the first `*`: behind it, sections can no longer be told. */
function canMatchKeyArn(glob: string): boolean {
  const beforeStar = glob.split('*')[0] ?? '';
  const isClosed = beforeStar.length === glob.length;
  const sections = beforeStar.split(':');
  const fits = (section: string, wanted: string, isOpen: boolean) =>
    (section.length === wanted.length || (isOpen && section.length < wanted.length)) &&
    [...section].every((character, index) => character === '?' || character === wanted[index]);
  return (
    (isClosed ? sections.length === 6 : sections.length <= 6) &&
    sections.every((section, index) => {
      const isOpen = index === sections.length - 1 && !isClosed;
      switch (index) {
        case 0:
          return fits(section, 'arn', isOpen);
        case 2:
          return fits(section, 'kms', isOpen);
        case 4:
          return /^[\d?]*$/.test(section) && (section.length === 12 || (isOpen && section.length < 12));
        case 5:
          return fits(section.slice(0, 4), 'key/', isOpen && section.length < 4) && (isOpen || section.length > 4);
        default:
          return isOpen || section.length > 0;
      }
    })
  );
}
