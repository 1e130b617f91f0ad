// What is shown, as the address's fragment says it: a view can be shared, and Back leads to the one before.

/** The filters that take any of several values. */
export const CHOICES = ["status", "reason", "level", "region", "type", "change"] as const;
/** The filters that take a text. */
export const TEXTS = ["account", "ou", "key"] as const;

export type Choice = (typeof CHOICES)[number];
export type TextFilter = (typeof TEXTS)[number];

export interface View {
  /** The search. */
  readonly q: string;
  readonly choices: Readonly<Partial<Record<Choice, readonly string[]>>>;
  readonly texts: Readonly<Partial<Record<TextFilter, string>>>;
  /** A column, with `-` before it for the other direction; none is the worst first. */
  readonly sort: string;
  /** The first page is 0; `null` is the one with the open finding, else the first. */
  readonly page: number | null;
  /** The finding that is open. */
  readonly open: string;
}

export const SORTABLE = ["status", "name", "account", "region", "level", "reason", "since"] as const;

export const EVERYTHING: View = { q: "", choices: {}, texts: {}, sort: "", page: null, open: "" };

/** The view that a fragment tells of; `null` where it tells of something else, such as a part of the page. */
export function parse(fragment: string): View | null {
  if (!fragment.startsWith("#?")) return null;
  const given = new URLSearchParams(fragment.slice(2).replaceAll("+", "%2B"));
  const choices: Partial<Record<Choice, readonly string[]>> = {};
  for (const name of CHOICES) {
    // A value may hold no comma: they are codes and Regions.
    const values = (given.get(name) ?? "").split(",").filter((value) => value !== "");
    if (values.length > 0) choices[name] = [...new Set(values)];
  }
  const texts: Partial<Record<TextFilter, string>> = {};
  for (const name of TEXTS) {
    const value = given.get(name) ?? "";
    if (value !== "") texts[name] = value;
  }
  const sort = given.get("sort") ?? "";
  const page = Number.parseInt(given.get("page") ?? "", 10);
  return {
    q: given.get("q") ?? "",
    choices,
    texts,
    sort: (SORTABLE as readonly string[]).includes(sort.replace(/^-/, "")) ? sort : "",
    page: page >= 1 ? page - 1 : null,
    open: given.get("open") ?? "",
  };
}

/** A value as it stands in a fragment: what people read stays readable. */
function escape(value: string): string {
  return encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
}

/** The fragment that tells of a view. */
export function fragment(view: View): string {
  const parts: string[] = [];
  const add = (name: string, value: string): void => {
    if (value !== "") parts.push(`${name}=${escape(value)}`);
  };
  add("q", view.q);
  for (const name of CHOICES) add(name, (view.choices[name] ?? []).join(","));
  for (const name of TEXTS) add(name, view.texts[name] ?? "");
  add("sort", view.sort);
  if (view.page !== null && view.page > 0) add("page", String(view.page + 1));
  add("open", view.open);
  return `#?${parts.join("&")}`;
}

/** Whether anything is left out by the view. */
export function isFiltered(view: View): boolean {
  return view.q !== "" || Object.keys(view.choices).length > 0 || Object.keys(view.texts).length > 0;
}
