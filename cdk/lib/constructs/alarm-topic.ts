import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';
import { topicArnsIn } from '../configuration/topics';
import { stackOutput } from '../stack-output';

/** Tells of alarms in its Region; at home also of what the scan found. */
export class AlarmTopic extends Topic {
  /** Itself, and the topics that exist already in its Region: whoever is told is told by all of them. */
  readonly told: readonly ITopic[];

  /** `key` encrypts what is on its way, where what the scan found is told. An alarm alone names nothing but itself. */
  constructor(scope: Construct, id: string, configuration: Configuration, key?: IKey) {
    super(scope, id, { displayName: 'ecr-encryption', enforceSSL: true, masterKey: key });
    const { home, notifications } = configuration;
    const others = topicArnsIn(configuration, Stack.of(this).region);
    this.told = [this, ...others.map((arn, index) => Topic.fromTopicArn(this, `Other${index}`, arn))];
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [this.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': home.account } },
      }),
    );
    stackOutput(this, 'TopicArn', this.topicArn);
    for (const address of notifications.emails) {
      this.addSubscription(new EmailSubscription(address));
    }
  }
}
