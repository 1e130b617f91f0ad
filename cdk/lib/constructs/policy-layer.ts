import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** Layers are unpacked in /opt. */
function folderWith(content: string): string {
  const root = mkdtempSync(join(tmpdir(), 'ecr-encryption-policy-'));
  mkdirSync(join(root, 'ecr-encryption'));
  writeFileSync(join(root, 'ecr-encryption', 'policy.toml'), content);
  return root;
}
