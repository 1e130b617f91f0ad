import { Annotations, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { isOptIn } from './configuration/aws-names';
import type { Configuration } from './configuration/schema';

/** What all stacks of the project have in common. */
export abstract class ProjectStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { home, tags, terminationProtection }: Configuration,
    props: { description: string; region?: string; account?: string },
  ) {
    const region = props.region ?? home.region;
    const account = props.account ?? home.account;
    super(scope, id, {
      description: props.description,
      env: { account, region },
      terminationProtection,
      analyticsReporting: false,
    });
    for (const [key, value] of Object.entries(tags)) {
      Tags.of(this).add(key, value);
    }
    if (isOptIn(region)) {
      Annotations.of(this).addWarningV2(
        'ecr-encryption:opt-in-region',
        `${region} must be enabled in the account before: aws account enable-region --region-name ${region}`,
      );
    }
  }
}
