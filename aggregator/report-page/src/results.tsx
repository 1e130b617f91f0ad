// The table of findings, and its pages.

import { Fragment, type JSX } from "preact";
import { Copy } from "./copy";
import { type Data, type Finding, word } from "./data";
import type { Change } from "./filters";
import { Details, level } from "./finding";
import type { Findings, Shown } from "./table";
import { Text, count, day, days } from "./text";
import type { View } from "./view";

const COLUMNS = [
  ["status", "Status"],
  ["name", "Repository"],
  ["account", "Account"],
  ["region", "Region"],
  ["level", "Level"],
  ["since", "Open since"],
] as const;

function Head({ view, change }: { readonly view: View; readonly change: Change }): JSX.Element {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {COLUMNS.map(([id, text]) => {
          const direction = view.sort === id ? "ascending" : view.sort === `-${id}` ? "descending" : "none";
          const next = direction === "none" ? id : direction === "ascending" ? `-${id}` : "";
          return (
            <th key={id} scope="col" role="columnheader" aria-sort={direction}>
              <button type="button" onClick={() => change({ ...view, sort: next, page: null })}>
                {text}{" "}
                <span aria-hidden="true">{direction === "none" ? "↕" : direction === "ascending" ? "↑" : "↓"}</span>
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function Row(props: {
  readonly finding: Finding;
  readonly data: Data;
  readonly isOpen: boolean;
  readonly toggle: () => void;
}): JSX.Element {
  const { finding, data, isOpen, toggle } = props;
  const { head } = data;
  const status = word(head.statuses, finding.status);
  const change = finding.change === "" ? null : word(head.changes, finding.change);
  const id = `finding-${finding.index}`;
  return (
    <Fragment>
      <tr role="row" class={isOpen ? "finding open" : "finding"}>
        <td role="cell" class="status">
          <span class={`chip ${status.class}`}>
            <span aria-hidden="true">{status.sign}</span> {status.label}
          </span>
        </td>
        <th scope="row" role="rowheader" class="what">
          <button type="button" class="name" aria-expanded={isOpen} aria-controls={id} onClick={toggle}>
            <Text text={finding.name} />
          </button>
          {finding.type !== "repository" && <span class="tag">{word(head.types, finding.type).label}</span>}
          {change !== null && <span class={`tag ${change.class}`}>{change.label}</span>}
          <span class="why">
            <Text text={finding.reason} />
          </span>
        </th>
        <td role="cell" class="where" data-label="Account">
          <code>{finding.account}</code>{" "}
          {finding.accountName !== null && (
            <span class="account">
              <Text text={finding.accountName} />
            </span>
          )}
        </td>
        <td role="cell" data-label="Region">
          {finding.region}
        </td>
        <td role="cell" data-label="Level">
          {level(finding)}{" "}
          {finding.demanded !== finding.level && finding.status !== "EXEMPT" && finding.status !== "COMPLIANT" && (
            <span class="meaning">{finding.demanded} demanded</span>
          )}
        </td>
        <td role="cell" data-label="Open since" class={finding.openSince === "" ? "nothing" : ""}>
          {finding.openSince !== "" && (
            <>
              {day(finding.openSince)} <span class="meaning">{days(finding.openSince, head.started_at)} days</span>
            </>
          )}
        </td>
      </tr>
      <tr role="row" class="details" id={id} hidden={!isOpen}>
        {isOpen && (
          <td role="cell" colSpan={COLUMNS.length}>
            <Details finding={finding} data={data} />
          </td>
        )}
      </tr>
    </Fragment>
  );
}

function Pages(props: { readonly shown: Shown; readonly go: (page: number) => void }): JSX.Element | null {
  const { page, pages } = props.shown;
  if (pages < 2) return null;
  const button = (label: string, to: number, isOff: boolean): JSX.Element => (
    <button type="button" aria-disabled={isOff} onClick={() => !isOff && props.go(to)}>
      {label}
    </button>
  );
  return (
    <nav class="pages" aria-label="Pages of findings">
      {button("First", 0, page === 0)}
      {button("Previous", page - 1, page === 0)}
      <span>
        Page {count(page + 1)} of {count(pages)}
      </span>
      {button("Next", page + 1, page === pages - 1)}
      {button("Last", pages - 1, page === pages - 1)}
    </nav>
  );
}

/** A cell of a spreadsheet, which runs what looks like a formula. */
function cell(text: string): string {
  const line = text.replace(/[\t\r\n]+/g, " ");
  return /^[=+\-@]/.test(line) ? `'${line}` : line;
}

function table(findings: readonly Finding[]): string {
  const names = [
    "status", "reason_code", "repository_name", "finding_type", "account_id", "account_name",
    "organizational_unit_path", "region", "encryption_level", "desired_encryption_level", "kms_key_arn", "open_since",
    "repository_arn", "reason",
  ];
  const rows = findings.map((finding) => [
    finding.status, finding.reasonCode, finding.name, finding.type, finding.account, finding.accountName ?? "",
    finding.unit, finding.region, level(finding), finding.demanded, finding.get("kms_key_arn") ?? "",
    finding.openSince, finding.arn ?? "", finding.reason,
  ]);
  return [names, ...rows].map((row) => row.map(cell).join("\t")).join("\n");
}

export function Results(props: {
  readonly findings: Findings;
  readonly shown: Shown;
  readonly view: View;
  readonly isPrinted: boolean;
  readonly change: Change;
  readonly go: (page: number) => void;
}): JSX.Element {
  const { findings, shown, view, isPrinted, change } = props;
  const { data } = findings;
  const all = data.findings.length;
  const missing = view.open !== "" && !shown.findings.some((finding) => finding.id === view.open);
  return (
    <>
      <div class="results">
        <p role="status" id="result-count">
          {shown.matching === all ? `${count(all)} findings` : `${count(shown.matching)} of ${count(all)} findings`}
          {shown.pages > 1 && !isPrinted && `, page ${count(shown.page + 1)} of ${count(shown.pages)}`}
        </p>
        <p class="actions">
          <Copy text={() => location.href} label="Copy link" what="to this view" />
          <Copy text={() => table(findings.matching())} label="Copy rows" what="of this view, for a spreadsheet" />
        </p>
      </div>
      {missing && (
        <p class="note" role="alert">
          {findings.find(view.open) === undefined
            ? "The finding of this link is not in this page. Look for it in findings.jsonl beside the page."
            : "The finding that is open is not among these; another page or fewer filters show it."}
        </p>
      )}
      {isPrinted && shown.pages > 1 && (
        <p class="note">
          The first {count(shown.findings.length)} of {count(shown.matching)} findings are printed.
        </p>
      )}
      {shown.matching === 0 ? (
        <p class="nothing-found">Nothing matches. Fewer filters show more.</p>
      ) : (
        <table class="findings" role="table" aria-describedby="result-count">
          <caption class="hidden">Findings; a finding's name opens its facts and what to do</caption>
          <Head view={view} change={change} />
          <tbody role="rowgroup">
            {shown.findings.map((finding) => (
              <Row
                key={finding.index}
                finding={finding}
                data={data}
                isOpen={finding.id === view.open}
                toggle={() =>
                  change({ ...view, page: shown.page, open: finding.id === view.open ? "" : finding.id })
                }
              />
            ))}
          </tbody>
        </table>
      )}
      <Pages shown={shown} go={props.go} />
    </>
  );
}
