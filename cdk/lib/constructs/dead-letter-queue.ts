import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { stackOutput } from '../stack-output';

/** Keeps what a function failed at, with the error, for two weeks. It holds account ids and names of repositories. */
export class DeadLetterQueue extends Queue {
  /** `output` is what the stack calls its URL. */
  constructor(scope: Construct, id: string, output: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    stackOutput(this, output, this.queueUrl);
  }
}
