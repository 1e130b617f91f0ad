import { ofType, type Template } from './synthesise';

/** The alarms of a stack, by the names that `cdk/README.md` gives them. */
export function alarms(template: Template | undefined) {
  return Object.fromEntries(
    Object.entries(ofType(template, 'AWS::CloudWatch::Alarm')).map(([id, { Properties }]) => [
      id.replace(/^.*Alarms(\w+?)[0-9A-F]{8}$/, '$1'),
      Properties,
    ]),
  );
}
