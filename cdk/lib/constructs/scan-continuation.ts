import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunctionConstruct } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ReportBucket } from './report-bucket';
import { HANDING_OVER } from './scan-schedule';

/** What the function gets: to begin a run is the schedule's, also where this event comes twice, or late. */
export const CONTINUING_EVENT = { resume: true, begin: false };

/**
 * Goes on with a run for which one invocation was too short: the function leaves what it has read in the bucket, and at last
 * an object that asks for more. It puts none where there is no progress, so that this ends.
 */
export class ScanContinuation extends Construct {
  constructor(
    scope: Construct,
    id: string,
    report: ReportBucket,
    target: LambdaFunctionConstruct,
    deadLetterQueue: IQueue,
  ) {
    super(scope, id);
    new Rule(this, 'Rule', {
      description: 'Goes on with a scan of ecr-encryption that one invocation was too short for',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [report.bucket.bucketName] },
          object: { key: [{ wildcard: report.continuationKeys }] },
        },
      },
      targets: [
        new LambdaFunction(target, {
          event: RuleTargetInput.fromObject(CONTINUING_EVENT),
          deadLetterQueue,
          ...HANDING_OVER,
        }),
      ],
    });
  }
}
