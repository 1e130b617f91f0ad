import assert from 'node:assert/strict';
import { ConfigurationError } from '../../lib/configuration/configuration-error';
import { parseConfiguration } from '../../lib/configuration/load';
import { DEPLOYMENT_CHECKS } from '../../lib/deployment';

/** What is said of a configuration, without the heading; it must be told as what it is, and not as a fault of the app. */
export function refusal(run: () => void): string[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message.split('\n- ').slice(1);
  }
  return [];
}

/** What is wrong with the text of a configuration; nothing where it is right. */
export function problems(text: string): string[] {
  return refusal(() => parseConfiguration(text));
}

/** What else is wrong with it where it is to be deployed. */
export function deploymentProblems(text: string): string[] {
  return refusal(() => parseConfiguration(text, undefined, DEPLOYMENT_CHECKS));
}
