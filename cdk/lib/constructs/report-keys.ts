/** What the scan keeps under the prefix of the reports, as its own sources name it: a test holds that they agree. */

/** Runs that are kept, a folder each. */
export const RUNS = 'runs';

/** The dataset over all runs; the day follows. */
export const DATASET = 'parquet/scan_date=';

/** What the folders of runs begin with that must not be the latest; the run's id follows. */
export const APART = ['interrupted', 'empty', 'failed'] as const;

/** What a run needs that was stopped and is to go on, a folder each. */
export const UNFINISHED = '.unfinished';

/** The keys of objects that the scan deletes: see `ReportBucket.grantReports`. */
export function deletedKeys(prefix: string): string[] {
  const folders = [`${RUNS}/`, DATASET, `${UNFINISHED}/`, ...APART.map((name) => `${name}-`)];
  return folders.map((folder) => `${prefix}/${folder}*`);
}

/** The keys of the objects that ask for the run to be gone on with; `*` stands for anything, as EventBridge has it. */
export function continuationKeys(prefix: string): string {
  return `${prefix}/${UNFINISHED}/*/continue-*.json`;
}
