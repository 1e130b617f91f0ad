// Makes of the findings that stand in the page as data what can be searched.

import { type JSX, render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Data, readData } from "./data";
import { Filters, described } from "./filters";
import { Results } from "./results";
import { Findings, PAGE_SIZE, PRINT_SIZE } from "./table";
import { ThemeChoice } from "./theme";
import { Trend } from "./trend";
import { EVERYTHING, type View, fragment, parse } from "./view";

/** How long somebody who types may pause before what was typed becomes a part of the address. */
const PAUSE_MS = 300;

function findingsTop(): void {
  const top = document.getElementById("findings");
  top?.scrollIntoView({ behavior: "instant" });
  top?.focus({ preventScroll: true });
}

/** Puts a view into the address; Back leads to the one before unless it is replaced. */
function toAddress(view: View, isReplaced: boolean): void {
  const to = fragment(view);
  if (to === location.hash) return;
  try {
    if (isReplaced) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
  } catch {
    // Frames without an origin of their own have no history to write.
  }
}

function App({ data }: { readonly data: Data }): JSX.Element {
  const findings = useMemo(() => new Findings(data), [data]);
  const [view, setView] = useState<View>(() => parse(location.hash) ?? EVERYTHING);
  const [typed, setTyped] = useState(false);
  const [isPrinted, setPrinted] = useState(false);

  const change = (next: View, isTyped = false): void => {
    setView(next);
    setTyped(isTyped);
    if (!isTyped) toAddress(next, false);
  };

  useEffect(() => {
    if (!typed) return undefined;
    const timer = setTimeout(() => toAddress(view, parse(location.hash) !== null), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [view, typed]);

  useEffect(() => {
    const follow = (): void => {
      const told = parse(location.hash);
      // A link to a part of the page leaves the view as it is.
      if (told === null && location.hash !== "") {
        openFold();
        return;
      }
      setTyped(false);
      setView(told ?? EVERYTHING);
    };
    const click = (event: MouseEvent): void => {
      const link = event.target instanceof Element ? event.target.closest('a[href^="#?"]') : null;
      if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      change(parse(link.getAttribute("href") ?? "") ?? EVERYTHING);
      findingsTop();
    };
    const before = (): void => setPrinted(true);
    const after = (): void => setPrinted(false);
    addEventListener("popstate", follow);
    addEventListener("hashchange", follow);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    document.addEventListener("click", click);
    if (parse(location.hash) !== null) findingsTop();
    else openFold();
    return () => {
      removeEventListener("popstate", follow);
      removeEventListener("hashchange", follow);
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
      document.removeEventListener("click", click);
    };
  }, []);

  const shown = findings.show(isPrinted ? { ...view, page: 0 } : view, isPrinted ? PRINT_SIZE : PAGE_SIZE);
  return (
    <>
      <Filters findings={findings} view={view} change={change} />
      <p class="print-only">{described(view, data).map(({ text }) => text).join("; ")}</p>
      <Results
        findings={findings}
        shown={shown}
        view={view}
        isPrinted={isPrinted}
        change={change}
        go={(page) => {
          change({ ...view, page, open: "" });
          findingsTop();
        }}
      />
    </>
  );
}

/** Unfolds the part of the page that the address names. */
function openFold(): void {
  const named = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  if (named instanceof HTMLDetailsElement && !named.open) {
    named.open = true;
    named.scrollIntoView({ behavior: "instant" });
  }
}

function start(): void {
  const theme = document.getElementById("theme");
  if (theme !== null) render(<ThemeChoice />, theme);
  const data = readData();
  const trend = document.getElementById("trend-chart");
  if (trend !== null && data.head.trend.length > 1) render(<Trend head={data.head} />, trend);
  const app = document.getElementById("app");
  if (app !== null && data.findings.length > 0) render(<App data={data} />, app);
  document.documentElement.dataset["ready"] = "";
}

start();
