import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import { ConfigurationError } from './configuration/configuration-error';

/** What CloudFormation takes as the body of a template, of StackSets and conformance packs alike. */
const MOST_BYTES = 51_200;

/**
 * The template of a stack that is deployed by something else than the CDK: a StackSet, a conformance pack. It is made of
 * the same constructs, without assets and without what the CDK adds for itself.
 */
export function embeddedTemplate(build: (stack: Stack) => void): Record<string, unknown> {
  const outdir = mkdtempSync(join(tmpdir(), 'ecr-encryption-'));
  try {
    const app = new App({
      outdir,
      analyticsReporting: false,
      treeMetadata: false,
      postCliContext: { 'aws:cdk:enable-path-metadata': false },
    });
    const stack = new Stack(app, 'Embedded', {
      synthesizer: new LegacyStackSynthesizer(),
      analyticsReporting: false,
    });
    build(stack);
    return app.synth().getStackByName(stack.stackName).template;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** The template as the text that goes into another template. */
export function templateBody(template: Record<string, unknown>): string {
  const body = JSON.stringify(template);
  if (Buffer.byteLength(body) > MOST_BYTES) {
    throw new ConfigurationError([
      `the template of a StackSet or pack has ${Buffer.byteLength(body)} bytes; allowed by CloudFormation: ${MOST_BYTES}, with shorter \`tags\``,
    ]);
  }
  return body;
}
