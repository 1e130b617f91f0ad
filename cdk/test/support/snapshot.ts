import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = join(__dirname, '..', 'snapshots');

/** Compares with what was kept; `UPDATE_SNAPSHOTS=1` keeps it anew. Read the difference as you would read code. */
export function matchesSnapshot(name: string, value: unknown): void {
  const file = join(FOLDER, `${name}.json`);
  const text = `${JSON.stringify(value, undefined, 1)}\n`;
  if (process.env.UPDATE_SNAPSHOTS === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  assert.ok(existsSync(file), `there is no ${file}: npm run snapshots`);
  assert.equal(text, readFileSync(file, 'utf8'), `${file} differs: npm run snapshots, and read the difference`);
}

/** Without what changes when nothing does that matters: hashes of assets, and what the CDK notes for itself. */
export function normalised(template: unknown): unknown {
  const text = JSON.stringify(template, (key, value) => (key === 'Metadata' ? undefined : value));
  return JSON.parse(text.replace(/[0-9a-f]{64}(?=\.zip)/g, 'ASSET'));
}
