import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { policyFile } from '../configuration/policy';
import type { Configuration } from '../configuration/schema';

/** Where the function finds it. */
export const POLICY_PATH = '/opt/ecr-encryption/policy.toml';

/** The policy file of the scan, made of the configuration's `policy`. */
export class PolicyLayer extends LayerVersion {
  constructor(scope: Construct, id: string, { policy }: Configuration) {
    const folder = folderWith(policyFile(policy));
    super(scope, id, {
      description: 'The policy file of ecr-encryption',
      code: Code.fromAsset(folder),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // It is in the cloud assembly by now.
    rmSync(folder, { recursive: true });
  }
}

/**
 * Layers are unpacked in /opt, with the modes of the zip file, which are those of the files here; the function runs as
 * another user than their owner. So who deploys must not decide, by their umask, whether it may read them.
 */
function folderWith(content: string): string {
  const root = mkdtempSync(join(tmpdir(), 'ecr-encryption-policy-'));
  const folder = join(root, 'ecr-encryption');
  const file = join(folder, 'policy.toml');
  mkdirSync(folder);
  writeFileSync(file, content);
  chmodSync(root, 0o755);
  chmodSync(folder, 0o755);
  chmodSync(file, 0o644);
  return root;
}
