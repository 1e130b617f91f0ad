import { type CfnElement, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';
import type { Configuration } from '../configuration/schema';
import { ATHENA_RESULTS } from '../names';
import { continuationKeys, deletedKeys, UNFINISHED } from './report-keys';

/** The bucket with the reports, and the key that encrypts it. Both survive the stack: the history is evidence. */
export class ReportBucket extends Construct {
  readonly bucket: Bucket;
  readonly key: Key;
  private readonly prefix: string;

  constructor(scope: Construct, id: string, configuration: Configuration) {
    super(scope, id);
    const { home, report } = configuration;
    this.prefix = report.prefix;
    this.key = new Key(this, 'Key', {
      description: 'Reports of ecr-encryption, and what is told of them',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsToTheEncryptedTopic',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        // "*": in a key's policy, this key.
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': home.account } },
      }),
    );
    this.bucket = new Bucket(this, 'Bucket', {
      ...guarded,
      bucketName: report.bucketName,
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      versioned: true,
      objectLockEnabled: report.objectLock ? true : undefined,
      objectLockDefaultRetention: retention(report.objectLock),
      serverAccessLogsBucket: report.accessLogs ? this.logBucket(report.accessLogDays) : undefined,
      lifecycleRules: [
        {
          id: 'remove-what-was-replaced',
          noncurrentVersionExpiration: Duration.days(report.noncurrentDays),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
        { id: 'remove-results-of-queries', prefix: ATHENA_RESULTS, expiration: Duration.days(30) },
        {
          // The scan removes them itself when the run has finished: what is left is of runs that nobody has gone on with.
          id: 'remove-unfinished-runs',
          prefix: `${this.prefix}/${UNFINISHED}/`,
          expiration: Duration.days(7),
          noncurrentVersionExpiration: Duration.days(1),
        },
      ],
    });
    // The property itself: `eventBridgeEnabled` would deploy a function that may change the notifications of all buckets.
    const bucket = this.bucket.node.defaultChild as CfnBucket;
    bucket.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    keepPolicy(this.bucket);
    if (!report.accessLogs) {
      acknowledge(
        this.bucket,
        'AwsSolutions-S1',
        '`report.accessLogs` is off: who runs this deployment logs access in CloudTrail.',
      );
    }
    new CfnOutput(this, 'ReportLocation', { value: this.location });
  }

  /** As the scan takes it. */
  get location(): string {
    return `s3://${this.bucket.bucketName}/${this.prefix}`;
  }

  /** The keys of the objects that ask for a run to be gone on with, as a pattern of EventBridge. */
  get continuationKeys(): string {
    return continuationKeys(this.prefix);
  }

  /**
   * Lets the scan write reports, and read earlier ones. It deletes what an upload that failed has left, a run that it writes
   * anew, what it has gone on with, and runs that are no longer kept; all of them are under the same keys, so it may always.
   * A version is never deleted: what a delete marker hides can be had back for `report.noncurrentDays`.
   */
  grantReports(role: IRole): void {
    const objects = `${this.prefix}/*`;
    const deleted = deletedKeys(this.prefix);
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'WriteReports',
        actions: ['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload'],
        // "*" behind the prefix: each run has keys of its own.
        resources: [this.bucket.arnForObjects(objects)],
      }),
    );
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'RemoveRuns',
        actions: ['s3:DeleteObject'],
        // "*" behind the folders: each run has keys of its own. Neither latest.json nor anything else is among them.
        resources: deleted.map((keys) => this.bucket.arnForObjects(keys)),
      }),
    );
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'ListReports',
        actions: ['s3:ListBucket'],
        resources: [this.bucket.bucketArn],
        // No other prefix. None at all is allowed as well, so that a listing without one shows all keys of this bucket: IAM
        // tells it neither from HeadBucket, by which the scan finds the bucket's Region, nor from what S3 asks itself when
        // an object is not there. Were that denied, the scan would be told "denied" in place of "not found" of the first
        // latest.json, and could not run.
        conditions: { StringLikeIfExists: { 's3:prefix': [this.prefix, objects] } },
      }),
    );
    this.key.grant(role, 'kms:GenerateDataKey', 'kms:Decrypt');
    const bucketId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnElement);
    for (const keys of [objects, ...deleted]) {
      acknowledge(
        role,
        `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${keys}]`,
        "The reports' own keys: each run has objects of its own under the prefix.",
      );
    }
  }

  private logBucket(days: number): Bucket {
    const logs = new Bucket(this, 'AccessLogs', {
      ...guarded,
      // S3 writes access logs into buckets with its own keys only, unless the key's policy is opened for it.
      encryption: BucketEncryption.S3_MANAGED,
      versioned: false,
      lifecycleRules: [
        {
          id: 'remove-old-logs',
          expiration: Duration.days(days),
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
      ],
    });
    keepPolicy(logs);
    acknowledge(
      logs,
      'AwsSolutions-S1',
      'This is the bucket of the access logs; logging it into itself would never end.',
    );
    return logs;
  }
}

const guarded: BucketProps = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  removalPolicy: RemovalPolicy.RETAIN,
};

/** What outlives the stack is asked for over TLS only, then as before. */
function keepPolicy({ policy }: Bucket): void {
  policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
}

function retention(lock: Configuration['report']['objectLock']): ObjectLockRetention | undefined {
  if (lock === undefined) {
    return undefined;
  }
  const days = Duration.days(lock.days);
  return lock.mode === 'compliance' ? ObjectLockRetention.compliance(days) : ObjectLockRetention.governance(days);
}
