import { partitionOf } from './aws-names';

/** Regions in which CloudFormation has no `AWS::Lambda::ResourcePolicy`; a test holds that they are what the CDK knows. */
export const WITHOUT_RESOURCE_POLICY: readonly string[] = [
  'cn-north-1',
  'cn-northwest-1',
  'me-central-1',
  'us-gov-east-1',
  'us-gov-west-1',
];

/** What Lambda takes as the policy of a function. */
const MOST_BYTES = 20_480;

/** Of a statement's id, which CloudFormation makes of the stack's name and the resource's, and of a function's name. */
const LONGEST_SID = 100;
const LONGEST_FUNCTION_NAME = 64;

/** How many accounts a function's policy has room for in the Region, where each has a statement of its own. */
export function mostStatements(region: string): number {
  const account = '1'.repeat(12);
  const statement = {
    Sid: 'x'.repeat(LONGEST_SID),
    Effect: 'Allow',
    Principal: { Service: 'config.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
    Resource: `arn:${partitionOf(region)}:lambda:${region}:${account}:function:${'x'.repeat(LONGEST_FUNCTION_NAME)}`,
    Condition: { StringEquals: { 'AWS:SourceAccount': account } },
  };
  const bytes = (statements: object[]) =>
    JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements }).length;
  const around = bytes([]);
  // A comma follows each but the last.
  return Math.floor((MOST_BYTES - around + 1) / (bytes([statement]) - around + 1));
}
