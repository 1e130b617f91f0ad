import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { MemberRole } from '../lib/constructs/member-role';
import { appOf, configurationOf, EXAMPLES, exampleText } from './support/synthesise';

/** What cdk-nag finds, errors and warnings alike. */
function findings(build: (outdir: string) => App): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'ecr-encryption-nag-'));
  try {
    const app = build(outdir);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    try {
      app.synth();
    } catch (error) {
      assert.match(String(error), /Validation failed/);
    }
    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    // A pack that finds nothing is not in the report; the last test here shows that it does find.
    const nag: { pluginName: string; violations: { ruleName: string }[] }[] = report.pluginReports;
    return nag
      .filter(({ pluginName }) => pluginName === 'AwsSolutions')
      .flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

for (const name of EXAMPLES) {
  test(`cdk-nag finds nothing in ${name}`, () => {
    assert.deepEqual(
      findings((outdir) => appOf(exampleText(name), outdir)),
      [],
    );
  });
}

test('cdk-nag finds nothing in the role that the StackSet deploys', () => {
  const configuration = configurationOf(exampleText('organization-everything'));
  const found = findings((outdir) => {
    const app = new App({ outdir, analyticsReporting: false });
    new MemberRole(new Stack(app, 'Member'), 'Member', configuration);
    return app;
  });
  assert.deepEqual(found, []);
});

test('cdk-nag would find something', () => {
  const found = findings((outdir) => {
    const app = new App({ outdir, analyticsReporting: false });
    new Topic(new Stack(app, 'Bad'), 'Topic');
    return app;
  });
  assert.deepEqual(found, ['AwsSolutions-SNS3']);
});
