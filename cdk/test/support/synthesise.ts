import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { parseConfiguration } from '../../lib/configuration/load';
import type { Configuration } from '../../lib/configuration/schema';
import { deploy } from '../../lib/deployment';

export const CDK = join(__dirname, '..', '..');

export const EXAMPLES = [
  'single-account',
  'organization',
  'delegated-administrator',
  'organization-everything',
  'govcloud',
] as const;
export type Example = (typeof EXAMPLES)[number];

/** As much of a template as tests read. */
export interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, { Value: unknown }>;
}

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a resource has depends on its type
  readonly Properties: any;
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** The feature flags that `cdk` gives the app. */
export function context(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(CDK, 'cdk.json'), 'utf8')).context;
}

/** The text of an example, with changes. */
export function exampleText(example: Example, ...changes: [from: string, to: string][]): string {
  const text = readFileSync(join(CDK, 'examples', `${example}.yaml`), 'utf8');
  return changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) {
      throw new Error(`${example}.yaml has no \`${from}\``);
    }
    return changed.replace(from, to);
  }, text);
}

/** A configuration with the tests' tiny zip files in place of the real functions. */
export function configurationOf(text: string): Configuration {
  const configuration = parseConfiguration(text);
  const zip = `test/fixtures/${configuration.code.architecture}.zip`;
  return { ...configuration, code: { ...configuration.code, ruleZip: zip, scanZip: zip } };
}

/** An app with the stacks, before it is synthesised. */
export function appOf(text: string, outdir?: string): App {
  const app = new App({ outdir, context: context(), analyticsReporting: false, treeMetadata: false });
  deploy(app, configurationOf(text));
  return app;
}

/** Synthesises into a folder of its own, which is removed when `read` has seen it. */
export function withAssembly<T>(text: string, read: (assembly: CloudAssembly) => T): T {
  const outdir = mkdtempSync(join(tmpdir(), 'ecr-encryption-test-'));
  try {
    return read(appOf(text, outdir).synth());
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const synthesised = new Map<string, Record<string, Template>>();

/** The templates, by the names of their stacks. The same text is synthesised once. */
export function synthesise(text: string): Record<string, Template> {
  const templates =
    synthesised.get(text) ??
    withAssembly(text, (assembly) =>
      Object.fromEntries(assembly.stacksRecursively.map((stack) => [stack.stackName, stack.template])),
    );
  synthesised.set(text, templates);
  return templates;
}

/** The templates of an example. */
export function example(name: Example, ...changes: [from: string, to: string][]): Record<string, Template> {
  return synthesise(exampleText(name, ...changes));
}

/** The resources of a type, by their logical ids. */
export function ofType(template: Template | undefined, type: string): Record<string, Resource> {
  return Object.fromEntries(Object.entries(template?.Resources ?? {}).filter(([, resource]) => resource.Type === type));
}

/** The only resource of a type. */
export function only(template: Template | undefined, type: string): Resource {
  const found = Object.values(ofType(template, type));
  if (found.length !== 1 || !found[0]) {
    throw new Error(`${found.length} resources of type ${type}`);
  }
  return found[0];
}

/** Text with what CloudFormation would put together, such as `arn:<AWS::Partition>:iam::…`. */
export function text(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  const [[name, argument] = ['', '']] = Object.entries(value);
  switch (name) {
    case 'Ref':
      return `<${argument}>`;
    case 'Fn::GetAtt':
      return `<${argument.join('.')}>`;
    case 'Fn::Join':
      return argument[1].map(text).join(argument[0]);
    default:
      return JSON.stringify(value);
  }
}
