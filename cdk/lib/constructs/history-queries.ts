export const DATABASE = 'ecr_encryption';
export const TABLE = 'findings';
export const WORKGROUP = 'ecr-encryption';

/** A day can have several runs; the one that began last is the newest. */
const LATEST = `newest_run AS (
  SELECT max_by(run_id, run_started_at) AS run_id, max(scan_date) AS scan_date FROM ${TABLE}
  WHERE scan_date > current_date - INTERVAL '35' DAY
),
latest AS (
  SELECT * FROM ${TABLE}
  WHERE scan_date = (SELECT scan_date FROM newest_run) AND run_id = (SELECT run_id FROM newest_run)
)`;

/** The last run of each day. */
const DAILY = `runs AS (
  SELECT scan_date, max_by(run_id, run_started_at) AS run_id FROM ${TABLE}
  WHERE scan_date > current_date - INTERVAL '90' DAY GROUP BY scan_date
),
daily AS (
  SELECT findings.* FROM ${TABLE} findings
  JOIN runs ON findings.scan_date = runs.scan_date AND findings.run_id = runs.run_id
)`;

/** Findings are also on creation templates and pull-through cache rules, which are no repositories yet. */
const REPOSITORY = `finding_type = 'repository'`;

const OPEN = `status IN ('NON_COMPLIANT', 'UNDETERMINED')`;

/** What people ask first. */
export const HISTORY_QUERIES = [
  {
    id: 'OpenFindings',
    name: 'Open findings, longest open first',
    description:
      'What does not comply, or could not be judged, in the newest run; creation templates and cache rules too',
    queryString: `WITH ${LATEST}
SELECT account_id, account_name, organizational_unit_path, region, finding_type, repository_name, status, reason_code,
  encryption_level, desired_encryption_level, open_since, date_diff('day', open_since, evaluated_at) AS days_open, reason
FROM latest WHERE ${OPEN}
ORDER BY open_since NULLS LAST, account_id, region, repository_name`,
  },
  {
    id: 'OpenByAccount',
    name: 'Accounts with most open findings',
    description: 'Accounts of the newest run, with the share of repositories that complies',
    queryString: `WITH ${LATEST}
SELECT account_id, arbitrary(account_name) AS account_name, arbitrary(organizational_unit_path) AS organizational_unit_path,
  count_if(${OPEN}) AS open, count(*) AS repositories,
  round(100.0 * count_if(status = 'COMPLIANT') / count(*), 1) AS percent_compliant
FROM latest WHERE ${REPOSITORY} GROUP BY account_id ORDER BY open DESC, account_id`,
  },
  {
    id: 'Trend',
    name: 'Statuses by day, 90 days',
    description: 'Repositories in the last run of each day',
    queryString: `WITH ${DAILY}
SELECT scan_date, status, count(*) AS repositories
FROM daily WHERE ${REPOSITORY} GROUP BY scan_date, status ORDER BY scan_date, status`,
  },
  {
    id: 'LevelsByDay',
    name: 'Encryption levels by day, 90 days',
    description: 'Repositories in the last run of each day',
    queryString: `WITH ${DAILY}
SELECT scan_date, coalesce(encryption_level, 'not known') AS encryption_level, count(*) AS repositories
FROM daily WHERE ${REPOSITORY} GROUP BY 1, 2 ORDER BY 1, 2`,
  },
  {
    id: 'KeysInUse',
    name: 'Keys in use',
    description: 'Keys that repositories of the newest run are under, with their state and what depends on them',
    queryString: `WITH ${LATEST}
SELECT coalesce(kms_key_arn, kms_key) AS key, key_manager, key_origin, key_state, count(*) AS repositories,
  count(DISTINCT account_id) AS accounts
FROM latest WHERE ${REPOSITORY} AND kms_key IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY repositories DESC, key`,
  },
  {
    id: 'ExemptionsThatEnd',
    name: 'Exemptions, those that end first',
    description: 'What the policy leaves out in the newest run; creation templates and cache rules too',
    queryString: `WITH ${LATEST}
SELECT exempt_until, account_id, account_name, region, finding_type, repository_name, reason_code, reason
FROM latest WHERE status = 'EXEMPT' ORDER BY exempt_until NULLS LAST, account_id, region, repository_name`,
  },
];
