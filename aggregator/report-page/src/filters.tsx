// The search and the filters above the table.

import type { JSX, TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Data, type Word, word } from "./data";
import type { Findings } from "./table";
import { count } from "./text";
import { CHOICES, type Choice, EVERYTHING, TEXTS, type TextFilter, type View, isFiltered } from "./view";

export type Change = (view: View, isTyped?: boolean) => void;

const CHOICE_LABELS: Record<Choice, string> = {
  status: "Status",
  reason: "Reason",
  level: "Level",
  region: "Region",
  type: "Type",
  change: "Change",
};

const TEXT_LABELS: Record<TextFilter, { label: string; hint: string }> = {
  account: { label: "Account", hint: "id or name" },
  ou: { label: "Organizational unit", hint: "path, units beneath included" },
  key: { label: "Key", hint: "ARN, id or alias" },
};

/** How many suggestions a text filter makes. */
const SUGGESTIONS = 500;

/** The values that a filter may take. */
function options(data: Data, choice: Choice): readonly Word[] {
  const { head } = data;
  const plain = (code: string): Word => ({ code, label: code, sign: "", class: "" });
  const there = (values: string[], words: readonly Word[]): readonly Word[] =>
    words.filter(({ code }) => values.includes(code));
  switch (choice) {
    case "status":
      return head.statuses;
    case "reason":
      return there(data.values("reason_code"), head.reasons);
    case "level":
      return [...head.levels, { ...plain("unknown"), label: "no level is proved" }];
    case "region":
      return data.values("region").map(plain);
    case "type":
      return there(data.values("finding_type"), head.types);
    case "change":
      return head.has_changes ? head.changes : [];
  }
}

function label(choice: Choice, one: Word): string {
  return choice === "reason" || choice === "level" || choice === "region" ? one.code : one.label;
}

/** The words for what a view leaves out. */
export function described(view: View, data: Data): { name: Choice | TextFilter | "q"; text: string }[] {
  const words: { name: Choice | TextFilter | "q"; text: string }[] = [];
  if (view.q !== "") words.push({ name: "q", text: `Search: ${view.q}` });
  for (const choice of CHOICES) {
    const values = view.choices[choice];
    if (values === undefined) continue;
    const known = options(data, choice);
    words.push({
      name: choice,
      text: `${CHOICE_LABELS[choice]}: ${values.map((code) => label(choice, word(known, code))).join(", ")}`,
    });
  }
  for (const name of TEXTS) {
    const value = view.texts[name];
    if (value !== undefined) words.push({ name, text: `${TEXT_LABELS[name].label}: ${value}` });
  }
  return words;
}

/** The view without one of its filters. */
export function without(view: View, name: Choice | TextFilter | "q"): View {
  if (name === "q") return { ...view, q: "", page: null };
  const { [name as Choice]: _choice, ...choices } = view.choices;
  const { [name as TextFilter]: _text, ...texts } = view.texts;
  return { ...view, choices, texts, page: null };
}

function Menu(props: {
  readonly choice: Choice;
  readonly findings: Findings;
  readonly view: View;
  readonly change: Change;
}): JSX.Element | null {
  const { choice, findings, view, change } = props;
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    const outside = (event: Event): void => {
      const { target } = event;
      // What is pressed in the menu and takes no focus gives it to the section around.
      const isAround = event.type === "focusin" && target instanceof Node && target.contains(menu.current);
      if (!isAround && target instanceof Node && menu.current?.contains(target) === false) menu.current.open = false;
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
    };
  }, [isOpen]);

  const all = options(findings.data, choice);
  if (all.length === 0) return null;
  const chosen = view.choices[choice] ?? [];
  const counts = isOpen ? findings.counts(choice) : new Map<string, number>();
  const toggle = (code: string): void => {
    const values = chosen.includes(code) ? chosen.filter((one) => one !== code) : [...chosen, code];
    const { [choice]: _before, ...others } = view.choices;
    change({ ...view, choices: values.length > 0 ? { ...others, [choice]: values } : others, page: null });
  };
  const close = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && menu.current !== null && menu.current.open) {
      event.stopPropagation();
      menu.current.open = false;
      menu.current.querySelector("summary")?.focus();
    }
  };
  return (
    <details class="menu" ref={menu} onToggle={() => setOpen(menu.current?.open === true)} onKeyDown={close}>
      <summary>
        {CHOICE_LABELS[choice]}
        {chosen.length > 0 && (
          <span class="number-of">
            {chosen.length}
            <span class="hidden"> chosen</span>
          </span>
        )}
      </summary>
      <fieldset>
        <legend class="hidden">{CHOICE_LABELS[choice]}</legend>
        {all.map((one) => (
          <label key={one.code}>
            <input type="checkbox" checked={chosen.includes(one.code)} onChange={() => toggle(one.code)} />
            <span>
              {one.sign !== "" && <span aria-hidden="true">{one.sign} </span>}
              {label(choice, one)}
              {(choice === "reason" || choice === "level") && <span class="meaning">{one.label}</span>}
            </span>
            <span class="of">{count(counts.get(one.code) ?? 0)}</span>
          </label>
        ))}
      </fieldset>
    </details>
  );
}

function suggestions(data: Data, name: TextFilter): string[] {
  switch (name) {
    case "account":
      return data.values("account_id");
    case "ou": {
      const paths = new Set<string>();
      for (const path of data.values("organizational_unit_path")) {
        const names = path.split("/");
        names.forEach((_, depth) => paths.add(names.slice(0, depth + 1).join("/")));
      }
      return [...paths].sort();
    }
    case "key":
      return [...new Set([...data.values("kms_key_arn"), ...data.values("kms_key")])];
  }
}

function TextInput(props: {
  readonly name: TextFilter;
  readonly data: Data;
  readonly view: View;
  readonly change: Change;
}): JSX.Element {
  const { name, data, view, change } = props;
  const [known, setKnown] = useState<string[]>([]);
  const { label: text, hint } = TEXT_LABELS[name];
  const input = (event: TargetedEvent<HTMLInputElement>): void => {
    const { value } = event.currentTarget;
    const { [name]: _before, ...others } = view.texts;
    change({ ...view, texts: value === "" ? others : { ...others, [name]: value }, page: null }, true);
  };
  return (
    <label class="field">
      <span>{text}</span>
      <input
        type="text"
        value={view.texts[name] ?? ""}
        placeholder={hint}
        list={`known-${name}`}
        autocomplete="off"
        spellcheck={false}
        onInput={input}
        onFocus={() => setKnown(suggestions(data, name).slice(0, SUGGESTIONS))}
      />
      <datalist id={`known-${name}`}>
        {known.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </label>
  );
}

const SORTS = [
  ["", "Worst first"],
  ["name", "Name"],
  ["account", "Account"],
  ["region", "Region"],
  ["level", "Level, lowest first"],
  ["-level", "Level, highest first"],
  ["reason", "Reason"],
  ["since", "Open longest"],
  ["-since", "Open shortest"],
] as const;

export function Filters(props: {
  readonly findings: Findings;
  readonly view: View;
  readonly change: Change;
}): JSX.Element {
  const { findings, view, change } = props;
  const { data } = findings;
  return (
    <form class="filters" role="search" aria-label="Findings" onSubmit={(event) => event.preventDefault()}>
      <label class="field search">
        <span>Search</span>
        <input
          type="search"
          value={view.q}
          placeholder="repository, account, key, reason …"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => change({ ...view, q: event.currentTarget.value, page: null }, true)}
        />
      </label>
      {TEXTS.map((name) => (
        <TextInput key={name} name={name} data={data} view={view} change={change} />
      ))}
      <div class="menus">
        {CHOICES.map((choice) => (
          <Menu key={choice} choice={choice} findings={findings} view={view} change={change} />
        ))}
        <label class="field sort">
          <span>Sort</span>
          <select
            value={view.sort}
            onChange={(event) => change({ ...view, sort: event.currentTarget.value, page: null })}
          >
            {SORTS.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
            {!SORTS.some(([value]) => value === view.sort) && <option value={view.sort}>By a column, reversed</option>}
          </select>
        </label>
      </div>
      {isFiltered(view) && (
        <ul class="chosen" aria-label="Filters">
          {described(view, data).map(({ name, text }) => (
            <li key={name}>
              <button type="button" onClick={() => change(without(view, name))}>
                <bdi>{text}</bdi> <span aria-hidden="true">×</span>
                <span class="hidden">, remove</span>
              </button>
            </li>
          ))}
          <li>
            <button type="button" class="link" onClick={() => change({ ...EVERYTHING, sort: view.sort })}>
              Clear all
            </button>
          </li>
        </ul>
      )}
    </form>
  );
}
