import type { Configuration } from './schema';

/** The Regions with a stack that tells of something: the scan's, and each one of the rule. */
export function tellingRegions({ home, rule }: Configuration): string[] {
  return [...new Set([home.region, ...rule.regions])];
}

/** The topics of the configuration that hear what the stacks of a Region tell: CloudWatch's alarms know no others. */
export function topicArnsIn({ notifications }: Configuration, region: string): string[] {
  return notifications.topicArns.filter((arn) => regionOfTopic(arn) === region);
}

/** The Region of a topic whose ARN `topicArn` has taken. */
export function regionOfTopic(arn: string): string {
  return arn.split(':')[3] ?? '';
}

/** Where nobody hears of an alarm whom the configuration names. */
export function silentRegions(configuration: Configuration): string[] {
  return configuration.notifications.emails.length > 0
    ? []
    : tellingRegions(configuration).filter((region) => topicArnsIn(configuration, region).length === 0);
}
