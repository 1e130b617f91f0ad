// An open finding: its facts, and what to do.

import type { ComponentChildren, JSX } from "preact";
import { isWhole, parts } from "./command";
import { Copy } from "./copy";
import { type Data, type Finding, word } from "./data";
import { Text, days, time } from "./text";
import { EVERYTHING, fragment } from "./view";

function Fact(props: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Code({ text, what }: { readonly text: string; readonly what: string }): JSX.Element {
  return (
    <>
      <code>
        <Text text={text} />
      </code>{" "}
      <Copy text={() => text} label="Copy" what={what} />
    </>
  );
}

/** A value that bears on the verdict: where it is not known, that is said. */
function Known({ value }: { readonly value: string | null }): JSX.Element {
  if (value === null) return <>not known</>;
  return (
    <code>
      <Text text={value} />
    </code>
  );
}

export function level(finding: Finding): string {
  if (finding.level === "unknown") return "not known";
  return finding.isLowerBound ? `at least ${finding.level}` : finding.level;
}

function Step({ step }: { readonly step: string }): JSX.Element {
  const found = parts(step);
  const commands = found.filter((part) => part.isCommand && isWhole(part.text));
  if (commands.length === 0) {
    return (
      <li>
        <Text text={step} /> <Copy text={() => step} label="Copy" what="the step" />
      </li>
    );
  }
  return (
    <li>
      {found.map((part) => {
        if (!part.isCommand) return <Text text={part.text} />;
        if (!isWhole(part.text)) return <code>{part.text}</code>;
        return (
          <span class="command">
            <code>
              <Text text={part.text} />
            </code>
            <Copy text={() => part.text} label="Copy" what="the command" />
          </span>
        );
      })}
    </li>
  );
}

export function link(finding: Finding): string {
  return `${location.href.split("#")[0]}${fragment({ ...EVERYTHING, open: finding.id })}`;
}

export function Details({ finding, data }: { readonly finding: Finding; readonly data: Data }): JSX.Element {
  const { head } = data;
  const described = (code: string): string => word(head.levels, code).label;
  const key = finding.get("kms_key");
  const keyArn = finding.get("kms_key_arn");
  const at = (column: "created_at" | "evaluated_at" | "recorded_at" | "key_recorded_at"): string => {
    const value = finding.get(column);
    return value === null ? "not known" : time(value);
  };
  const override = finding.get("override");
  const until = finding.get("exempt_until");
  const { steps, arn } = finding;
  return (
    <div class="body">
      <p class="actions">
        <Copy text={() => link(finding)} label="Copy link" what="to this finding" />
        {arn !== null && <Copy text={() => arn} label="Copy ARN" what="of the repository" />}
      </p>
      {steps.length > 0 && (
        <section aria-label="What to do">
          <h3>What to do</h3>
          <ol>
            {steps.map((step) => (
              <Step step={step} />
            ))}
          </ol>
          <p class="actions">
            <Copy text={() => steps.map((step, index) => `${index + 1}. ${step}`).join("\n")} label="Copy all steps" what="" />
          </p>
        </section>
      )}
      <section aria-label="Facts">
        <h3>Facts</h3>
        <dl class="facts">
          <Fact name="Reason">
            <code>{finding.reasonCode}</code> {word(head.reasons, finding.reasonCode).label}
          </Fact>
          <Fact name="Level">
            {level(finding)}
            {finding.level !== "unknown" && ` (${described(finding.level)})`}
          </Fact>
          <Fact name="Demanded">
            {finding.demanded} or higher ({described(finding.demanded)})
          </Fact>
          {override !== null && (
            <Fact name="Demanded by override">
              <Text text={override} />
            </Fact>
          )}
          {until !== null && <Fact name="Exempt until">{until}, UTC, that day included</Fact>}
          {finding.openSince !== "" && (
            <Fact name="Open since">
              {time(finding.openSince)}, {days(finding.openSince, head.started_at)} days before this run
            </Fact>
          )}
          {finding.change !== "" && (
            <Fact name="Since the run before">
              {word(head.changes, finding.change).label}
              {finding.get("change_why") !== null && `: ${finding.get("change_why")}`}
            </Fact>
          )}
          <Fact name="Encryption type">
            <Known value={finding.get("encryption_type")} />
          </Fact>
          {keyArn !== null && (
            <Fact name="Key">
              <Code text={keyArn} what="the key's ARN" />
            </Fact>
          )}
          {key !== null && key !== keyArn && (
            <Fact name="Key as ECR names it">
              <Code text={key} what="the key as ECR names it" />
            </Fact>
          )}
          {(key !== null || keyArn !== null) && (
            <>
              <Fact name="Key manager">
                <Known value={finding.get("key_manager")} />
              </Fact>
              <Fact name="Key origin">
                <Known value={finding.get("key_origin")} />
              </Fact>
              <Fact name="Key state">
                <Known value={finding.get("key_state")} />
              </Fact>
            </>
          )}
          {arn !== null && (
            <Fact name="Repository ARN">
              <code>
                <Text text={arn} />
              </code>
            </Fact>
          )}
          {finding.unit !== "" && (
            <Fact name="Organizational unit">
              <Text text={finding.unit} />
            </Fact>
          )}
          <Fact name="Created">{at("created_at")}</Fact>
          <Fact name="Evaluated">{at("evaluated_at")}</Fact>
          {finding.get("recorded_at") !== null && <Fact name="Recorded by AWS Config">{at("recorded_at")}</Fact>}
          {finding.get("key_recorded_at") !== null && (
            <Fact name="Key recorded by AWS Config">{at("key_recorded_at")}</Fact>
          )}
        </dl>
      </section>
    </div>
  );
}
