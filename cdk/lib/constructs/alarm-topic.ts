import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Configuration } from '../configuration/schema';
import { stackOutput } from '../stack-output';

/** Tells of alarms in its Region; at home also of what the scan found. */
export class AlarmTopic extends Topic {
  /** `key` encrypts what is on its way, where what the scan found is told. An alarm alone names nothing but itself. */
  constructor(scope: Construct, id: string, { home, notifications }: Configuration, key?: IKey) {
    super(scope, id, { displayName: 'ecr-encryption', enforceSSL: true, masterKey: key });
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
