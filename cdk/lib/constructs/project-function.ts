import { join } from 'node:path';
import { Architecture, Code, type FunctionOptions, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { cargoLambdaVersion, RustFunction } from 'cargo-lambda-cdk';
import type { Construct } from 'constructs';
import { type Check, wrong } from '../configuration/problem';
import type { Configuration } from '../configuration/schema';
import { zipFile } from './function-zip';

/** The folder with the Cargo workspace. */
const WORKSPACE = join(__dirname, '..', '..', '..');

/** Without cargo-lambda, `RustFunction` would go for Docker. */
export const cargoRuns: Check = ({ code }) =>
  code.build === 'cargo' && cargoLambdaVersion() === undefined
    ? [wrong('code.build', 'is `cargo`, and `cargo lambda` cannot be run; allowed: `zip`, or install cargo-lambda')]
    : [];

/** One of the project's two binaries as a function: from a zip file, or built by cargo-lambda while synthesising. */
export function projectFunction(
  scope: Construct,
  id: string,
  binary: 'ecr-encryption-rule' | 'ecr-encryption',
  { code }: Configuration,
  options: Omit<FunctionOptions, 'architecture'>,
): LambdaFunction {
  const architecture = code.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;
  if (code.build === 'cargo') {
    return new RustFunction(scope, id, {
      ...options,
      architecture,
      runtime: 'provided.al2023',
      manifestPath: join(WORKSPACE, 'Cargo.toml'),
      binaryName: binary,
      bundling: { cargoLambdaFlags: ['--release', '--locked'] },
    });
  }
  return new LambdaFunction(scope, id, {
    ...options,
    architecture,
    runtime: Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: Code.fromAsset(zipFile(binary === 'ecr-encryption' ? code.scanZip : code.ruleZip)),
  });
}
