import { Aws, CfnOutput } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { ATHENA_RESULTS } from '../names';
import { DATABASE, HISTORY_QUERIES, TABLE, WORKGROUP } from './history-queries';
import type { ReportBucket } from './report-bucket';

/** The columns of the Parquet files: the fields of a finding, as `aggregator/src/finding.rs` has them, and the run. */
const COLUMNS: Record<string, string> = {
  account_id: 'string',
  account_name: 'string',
  organizational_unit_path: 'string',
  region: 'string',
  repository_name: 'string',
  repository_arn: 'string',
  created_at: 'timestamp',
  encryption_type: 'string',
  kms_key: 'string',
  kms_key_arn: 'string',
  key_manager: 'string',
  key_origin: 'string',
  key_state: 'string',
  encryption_level: 'string',
  encryption_level_is_lower_bound: 'boolean',
  desired_encryption_level: 'string',
  status: 'string',
  reason_code: 'string',
  reason: 'string',
  override: 'string',
  exempt_until: 'date',
  remediation: 'array<string>',
  evaluated_at: 'timestamp',
  finding_type: 'string',
  recorded_at: 'timestamp',
  key_recorded_at: 'timestamp',
  open_since: 'timestamp',
  run_id: 'string',
  run_started_at: 'timestamp',
};

/** Every run that was kept, as one table: for Athena, and for whatever else reads the Glue Data Catalog. */
export class History extends Construct {
  constructor(scope: Construct, id: string, report: ReportBucket) {
    super(scope, id);
    const database = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: DATABASE, description: 'What ecr-encryption found' },
    });
    const table = this.table(report);
    table.addResourceDependency(database);
    const workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name: WORKGROUP,
      description: 'Queries over what ecr-encryption found',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        // Nobody can send results to another place, or write them without encryption.
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: 100 * 1024 ** 3,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${report.bucket.bucketName}/${ATHENA_RESULTS}`,
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: report.key.keyArn },
          expectedBucketOwner: Aws.ACCOUNT_ID,
        },
      },
    });
    for (const { id, name, description, queryString } of HISTORY_QUERIES) {
      new CfnNamedQuery(this, id, {
        database: DATABASE,
        name,
        description,
        queryString,
        workGroup: WORKGROUP,
      }).addResourceDependency(workGroup);
    }
    new CfnOutput(this, 'AthenaWorkGroup', { value: workGroup.ref });
  }

  /** Partitions are worked out from their dates, so that nothing must be crawled or added after a run. */
  private table(report: ReportBucket): CfnTable {
    const location = `${report.location}/parquet/`;
    return new CfnTable(this, 'Table', {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: DATABASE,
      tableInput: {
        name: TABLE,
        description: 'One row a finding and run',
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          classification: 'parquet',
          'projection.enabled': 'true',
          'projection.scan_date.type': 'date',
          'projection.scan_date.format': 'yyyy-MM-dd',
          'projection.scan_date.range': '2026-01-01,NOW',
          'projection.scan_date.interval': '1',
          'projection.scan_date.interval.unit': 'DAYS',
          'storage.location.template': `${location}scan_date=\${scan_date}/`,
        },
        partitionKeys: [{ name: 'scan_date', type: 'date' }],
        storageDescriptor: {
          location,
          columns: Object.entries(COLUMNS).map(([name, type]) => ({ name, type })),
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    });
  }
}
