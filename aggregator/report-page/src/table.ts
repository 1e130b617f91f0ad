// Filters, sorts and pages: TanStack Table, which has no markup of its own.

import {
  columnFacetingFeature,
  columnFilteringFeature,
  constructTable,
  createFacetedRowModel,
  createFacetedUniqueValues,
  createFilteredRowModel,
  createPaginatedRowModel,
  createSortedRowModel,
  globalFilteringFeature,
  rowPaginationFeature,
  rowSortingFeature,
  tableFeatures,
} from "@tanstack/table-core";
import { storeReactivityBindings } from "@tanstack/table-core/store-reactivity-bindings";
import type { Data, Finding } from "./data";
import { CHOICES, type Choice, TEXTS, type View } from "./view";

const features = tableFeatures({
  coreReactivityFeature: storeReactivityBindings(),
  columnFilteringFeature,
  filteredRowModel: createFilteredRowModel(),
  globalFilteringFeature,
  columnFacetingFeature,
  facetedRowModel: createFacetedRowModel(),
  facetedUniqueValues: createFacetedUniqueValues(),
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  rowPaginationFeature,
  paginatedRowModel: createPaginatedRowModel(),
});

interface RowOf {
  readonly original: Finding;
}

const collator = new Intl.Collator("en", { numeric: true });

/** Any of the values. */
const isOneOf =
  (value: (finding: Finding) => string) =>
  (row: RowOf, _column: string, wanted: ReadonlySet<string>): boolean =>
    wanted.has(value(row.original));

function inOrder(codes: readonly { code: string }[], value: (finding: Finding) => string) {
  const places = new Map(codes.map(({ code }, index) => [code, index]));
  return (one: RowOf, other: RowOf): number =>
    (places.get(value(one.original)) ?? -1) - (places.get(value(other.original)) ?? -1);
}

const byText =
  (value: (finding: Finding) => string) =>
  (one: RowOf, other: RowOf): number =>
    collator.compare(value(one.original), value(other.original));

const bySince = (one: RowOf, other: RowOf): number => {
  const [a, b] = [one.original.openSince, other.original.openSince];
  return a < b ? -1 : a > b ? 1 : 0;
};

/** Whether a text filter lets a finding through. */
const MATCHES: Record<(typeof TEXTS)[number], (finding: Finding, wanted: string) => boolean> = {
  account: (finding, wanted) => `${finding.account} ${finding.accountName ?? ""}`.toLowerCase().includes(wanted),
  ou: (finding, wanted) => {
    const path = finding.unit.toLowerCase();
    return path === wanted || path.startsWith(`${wanted.replace(/\/$/, "")}/`);
  },
  key: (finding, wanted) => finding.keys.toLowerCase().includes(wanted),
};

export const PAGE_SIZE = 50;
/** How many findings a print has at most. */
export const PRINT_SIZE = 1_000;

function make(data: Data) {
  const { statuses, levels } = data.head;
  const value: Record<Choice, (finding: Finding) => string> = {
    status: (finding) => finding.status,
    reason: (finding) => finding.reasonCode,
    level: (finding) => finding.level,
    region: (finding) => finding.region,
    type: (finding) => finding.type,
    change: (finding) => finding.change,
  };
  const sorts: Record<string, (one: RowOf, other: RowOf) => number> = {
    status: inOrder(statuses, value.status),
    level: inOrder(levels, value.level),
    reason: byText(value.reason),
    region: byText(value.region),
    account: byText((finding) => finding.account),
    name: byText((finding) => finding.name),
    since: bySince,
  };
  const plain = (id: string) => ({ id, sortFn: sorts[id] ?? byText((finding) => finding.name) });
  const columns = [
    ...CHOICES.map((id) => ({ ...plain(id), accessorFn: value[id], filterFn: isOneOf(value[id]) })),
    ...TEXTS.map((id) => ({
      ...plain(id),
      accessorFn: (finding: Finding) => (id === "account" ? finding.account : finding.unit),
      filterFn: (row: RowOf, _column: string, wanted: string) => MATCHES[id](row.original, wanted),
    })),
    { ...plain("name"), accessorFn: (finding: Finding) => finding.name },
    // What is not open comes last, whichever way.
    { ...plain("since"), accessorFn: (finding: Finding) => finding.openSince || undefined, sortUndefined: "last" as const },
  ];
  return constructTable({
    features,
    columns,
    data: [...data.findings],
    getRowId: (finding) => String(finding.index),
    autoResetPageIndex: false,
    // One look through a finding, not one through each of its columns.
    getColumnCanGlobalFilter: (column) => column.id === "name",
    globalFilterFn: (row: RowOf, _column: string, words: readonly string[]) =>
      words.every((wanted) => row.original.text.includes(wanted)),
  });
}

export interface Shown {
  readonly findings: readonly Finding[];
  /** How many pass the filters. */
  readonly matching: number;
  readonly page: number;
  readonly pages: number;
}

export class Findings {
  private readonly table: ReturnType<typeof make>;
  private searched = "";
  private filtered = "";
  private sorted = "";

  constructor(readonly data: Data) {
    this.table = make(data);
  }

  /** Those that a view shows, `size` a page. */
  show(view: View, size: number): Shown {
    const { table } = this;
    // What is set anew is computed anew.
    const words = view.q.toLowerCase().split(/\s+/).filter((one) => one !== "");
    if (words.join(" ") !== this.searched) {
      this.searched = words.join(" ");
      table.setGlobalFilter(words.length > 0 ? words : undefined);
    }
    const filters = JSON.stringify([view.choices, view.texts]);
    if (filters !== this.filtered) {
      this.filtered = filters;
      table.setColumnFilters([
        ...Object.entries(view.choices).map(([id, values]) => ({ id, value: new Set(values) })),
        ...Object.entries(view.texts).map(([id, value]) => ({ id, value: value.toLowerCase() })),
      ]);
    }
    if (view.sort !== this.sorted) {
      this.sorted = view.sort;
      table.setSorting(view.sort === "" ? [] : [{ id: view.sort.replace(/^-/, ""), desc: view.sort.startsWith("-") }]);
    }
    const all = table.getPrePaginatedRowModel().rows;
    const pages = Math.max(1, Math.ceil(all.length / size));
    let page = view.page;
    if (page === null) {
      const at = view.open === "" ? -1 : all.findIndex((row) => row.original.id === view.open);
      page = at < 0 ? 0 : Math.floor(at / size);
    }
    page = Math.min(page, pages - 1);
    table.setPagination({ pageIndex: page, pageSize: size });
    const findings = table.getRowModel().rows.map((row) => row.original);
    return { findings, matching: all.length, page, pages };
  }

  /** All that pass the filters, in order. */
  matching(): Finding[] {
    return this.table.getPrePaginatedRowModel().rows.map((row) => row.original);
  }

  /** How many each value of a filter would show, the other filters staying. */
  counts(choice: Choice): ReadonlyMap<string, number> {
    return this.table.getColumn(choice)?.getFacetedUniqueValues() ?? new Map<string, number>();
  }

  find(id: string): Finding | undefined {
    return this.data.findings.find((finding) => finding.id === id);
  }
}
