import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleText, withAssembly } from './support/synthesise';

function warnings(...changes: [from: string, to: string][]): string[] {
  return withAssembly(exampleText('single-account', ...changes), ({ stacksRecursively }) =>
    stacksRecursively.flatMap(({ messages }) => messages.map(({ level, entry }) => `${level}: ${entry.data}`)),
  );
}

test('nothing is warned of where nothing is odd', () => {
  assert.deepEqual(warnings(), []);
});

const ODD: [name: string, from: string, to: string, expected: RegExp][] = [
  [
    'a Region that must be enabled',
    '[eu-central-1]',
    '[eu-central-1, me-south-1]',
    /me-south-1 must be enabled in the account before: aws account enable-region --region-name me-south-1/,
  ],
  [
    'dual-layer encryption outside GovCloud',
    'rule:',
    'policy: {requireDualLayer: true}\nrule:',
    /`policy.requireDualLayer` is `true`, and ECR has KMS_DSSE in GovCloud only: no repository will comply/,
  ],
  [
    'alarms that nobody hears',
    'emails: [security@example.com]',
    'emails: []',
    /`notifications.emails` is empty, and `notifications.topicArns` has no topic of eu-central-1: nobody hears an alarm there, unless something else is subscribed to the output `TopicArn` of each stack: aws sns subscribe --topic-arn … /,
  ],
  [
    'a schedule that ends',
    'rule:',
    'scan: {schedule: cron(0 3 * * ? 2190)}\nrule:',
    /`scan.schedule` `cron\(0 3 \* \* \? 2190\)` ends: its last run is on 2190-12-31. No scan follows, and no alarm tells of that, or of a run that was missed before/,
  ],
  [
    'a schedule whose missed runs nobody can tell',
    'rule:',
    'scan: {schedule: cron(0 3 ? * MON *)}\nrule:',
    /can leave out more than six days, and CloudWatch looks back seven/,
  ],
];

for (const [name, from, to, expected] of ODD) {
  test(`warns of ${name}`, () => {
    const found = warnings([from, to]);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', expected);
  });
}

test('that nobody hears alarms is told once, however many topics there are', () => {
  const text = exampleText('organization', ['emails: [security@example.com]', 'emails: []']);
  const told = withAssembly(text, ({ stacksRecursively }) => stacksRecursively.flatMap(({ messages }) => messages));
  assert.equal(told.length, 1);
  assert.match(String(told[0]?.entry.data), / has no topic of eu-central-1, us-east-1: nobody hears an alarm there, /);
});

test('it is told of the Regions without a topic, and of none where an address hears everything', () => {
  const topics = (...regions: string[]) =>
    `topicArns: [${regions.map((region) => `"arn:aws:sns:${region}:444455556666:alarms"`).join(', ')}]`;
  const said = (emails: string, ...regions: string[]) =>
    withAssembly(
      exampleText('organization', ['emails: [security@example.com]', `emails: ${emails}\n  ${topics(...regions)}`]),
      ({ stacksRecursively }) => stacksRecursively.flatMap(({ messages }) => messages.map(({ entry }) => entry.data)),
    );
  const [of, ...others] = said('[]', 'eu-central-1');
  assert.deepEqual(others, []);
  assert.match(String(of), / has no topic of us-east-1: nobody hears an alarm there, /);
  assert.deepEqual(said('[]', 'us-east-1', 'eu-central-1'), []);
  assert.deepEqual(said('[security@example.com]', 'us-east-1'), []);
});
