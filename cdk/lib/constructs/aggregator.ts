import { Annotations } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { partitionOf } from '../configuration/aws-names';
import type { Configuration } from '../configuration/schema';
import { silentRegions } from '../configuration/topics';
import { AggregatorFunction } from './aggregator-function';
import { AlarmTopic } from './alarm-topic';
import { ConfigurationAggregator } from './configuration-aggregator';
import { Dashboard } from './dashboard';
import { History } from './history';
import { ReportBucket } from './report-bucket';
import { ScanAlarms } from './scan-alarms';
import { ScanContinuation } from './scan-continuation';
import { ScanSchedule } from './scan-schedule';

/** The scan: when it runs, what it writes, and who is told. */
export class Aggregator extends Construct {
  /** Whom it tells, and whoever else is in its stack. */
  readonly topics: readonly ITopic[];

  constructor(scope: Construct, id: string, configuration: Configuration, role: IRole) {
    super(scope, id);
    const { home, options, policy } = configuration;
    if (policy.requireDualLayer && partitionOf(home.region) !== 'aws-us-gov') {
      Annotations.of(this).addWarningV2(
        'ecr-encryption:dual-layer',
        '`policy.requireDualLayer` is `true`, and ECR has KMS_DSSE in GovCloud only: no repository will comply',
      );
    }
    const silent = silentRegions(configuration);
    if (silent.length > 0) {
      Annotations.of(this).addWarningV2(
        'ecr-encryption:nobody-hears',
        `\`notifications.emails\` is empty, and \`notifications.topicArns\` has no topic of ${silent.join(', ')}: nobody hears an alarm there, unless something else is subscribed to the output \`TopicArn\` of each stack: aws sns subscribe --topic-arn …`,
      );
    }
    const report = new ReportBucket(this, 'Report', configuration);
    this.topics = new AlarmTopic(this, 'Topic', configuration, report.key).told;
    const aggregator = new AggregatorFunction(this, 'Scan', configuration, { role, report, topics: this.topics });
    new ScanSchedule(this, 'Schedule', configuration, aggregator.function, aggregator.deadLetterQueue);
    new ScanContinuation(this, 'Continuation', report, aggregator.function, aggregator.deadLetterQueue);
    new ScanAlarms(this, 'Alarms', configuration, this.topics);
    if (options.dashboard) {
      new Dashboard(this, 'Dashboard', configuration, aggregator.function);
    }
    if (options.athena) {
      new History(this, 'History', report);
    }
    if (options.configurationAggregator) {
      new ConfigurationAggregator(this, 'Configuration', configuration);
    }
  }
}
