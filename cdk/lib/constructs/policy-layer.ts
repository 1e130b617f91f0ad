import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { governedUnits } from '../configuration/cross-checks';
import { policyFile } from '../configuration/policy';
import type { Configuration } from '../configuration/schema';

/** Where the function finds the files: layers are unpacked in /opt. */
const FOLDER = 'ecr-encryption';
export const LAYER_FOLDER = `/opt/${FOLDER}`;

/** The files' names. */
export const POLICY = 'policy.toml';
export const EXCLUDED_ACCOUNTS = 'excluded-accounts.txt';
export const UNITS = 'organizational-units.txt';

/** What the scan reads that environment variables are too short for: its policy, and lists, an id a line. */
export class PolicyLayer extends LayerVersion {
  constructor(scope: Construct, id: string, configuration: Configuration) {
    const folder = folderWith(layerFiles(configuration));
    super(scope, id, {
      description: 'The policy file of ecr-encryption, and lists of accounts and units',
      code: Code.fromAsset(folder),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // It is in the cloud assembly by now.
    rmSync(folder, { recursive: true });
  }
}

/** The contents of the files, by their names. The scan refuses a list without an item, so an empty one has no file. */
export function layerFiles(configuration: Configuration): Record<string, string> {
  const lists = {
    [EXCLUDED_ACCOUNTS]: configuration.organization?.excludedAccounts ?? [],
    [UNITS]: governedUnits(configuration),
  };
  return {
    [POLICY]: policyFile(configuration.policy),
    ...Object.fromEntries(
      Object.entries(lists).flatMap(([name, ids]) => (ids.length > 0 ? [[name, `${ids.join('\n')}\n`]] : [])),
    ),
  };
}

/**
 * A layer's files have the modes of the zip file, which are those of the files here; the function runs as another user than
 * their owner. So who deploys must not decide, by their umask, whether it may read them.
 */
function folderWith(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'ecr-encryption-policy-'));
  const folder = join(root, FOLDER);
  mkdirSync(folder);
  chmodSync(root, 0o755);
  chmodSync(folder, 0o755);
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    writeFileSync(file, content);
    chmodSync(file, 0o644);
  }
  return root;
}
