import { partitionOf } from '../aws-names';
import { type Check, wrong } from '../problem';
import { regionOfTopic, tellingRegions, topicArnsIn } from '../topics';

/** What an alarm takes of each kind, less the topic of its own stack. */
const MOST_IN_A_REGION = 5 - 1;

/** Elsewhere a topic would never be told, and nobody would know. */
const whereSomethingTells: Check = (configuration) => {
  const regions = tellingRegions(configuration);
  const partition = partitionOf(configuration.home.region);
  return configuration.notifications.topicArns.flatMap((arn, index) => {
    const region = regionOfTopic(arn);
    if (regions.includes(region)) {
      return [];
    }
    const why =
      partitionOf(region) === partition
        ? `of ${region}, where no alarm is: they tell topics of their own Region alone`
        : `of the partition ${partitionOf(region)}`;
    return [
      wrong(
        `notifications.topicArns.${index}`,
        `is \`${arn}\`, ${why}; allowed: topics of ${regions.join(', ')}, as \`home.region\` and \`rule.regions\` say`,
      ),
    ];
  });
};

const notTooMany: Check = (configuration) =>
  tellingRegions(configuration).flatMap((region) => {
    const { length } = topicArnsIn(configuration, region);
    return length > MOST_IN_A_REGION
      ? [
          wrong(
            'notifications.topicArns',
            `has ${length} topics of ${region}; allowed by CloudWatch beside the stack's own: ${MOST_IN_A_REGION} in a Region`,
          ),
        ]
      : [];
  });

export const TOPICS = [whereSomethingTells, notTooMany];
