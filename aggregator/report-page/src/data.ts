// The findings as the page holds them: by column, each text once (report/html/payload.rs writes them).

export interface Word {
  readonly code: string;
  readonly label: string;
  readonly sign: string;
  readonly class: string;
}

export interface Run {
  readonly run_id: string;
  readonly started_at: string;
  readonly non_compliant: number;
  readonly undetermined: number;
  readonly exempt: number;
  readonly compliant: number;
  readonly gaps: number;
  readonly interrupted: boolean;
}

export interface Head {
  readonly run_id: string;
  readonly started_at: string;
  readonly all: number;
  readonly has_changes: boolean;
  readonly columns: readonly string[];
  readonly statuses: readonly Word[];
  readonly levels: readonly Word[];
  readonly reasons: readonly Word[];
  readonly types: readonly Word[];
  readonly changes: readonly Word[];
  readonly trend: readonly Run[];
}

interface Payload {
  readonly head: Head;
  readonly strings: readonly (string | null)[];
  readonly count: number;
  readonly rows: readonly (readonly number[])[];
}

type Column =
  | "account_id" | "account_name" | "organizational_unit_path" | "region" | "repository_name" | "repository_arn"
  | "created_at" | "encryption_type" | "kms_key" | "kms_key_arn" | "key_manager" | "key_origin" | "key_state"
  | "encryption_level" | "encryption_level_is_lower_bound" | "desired_encryption_level" | "status" | "reason_code"
  | "reason" | "override" | "exempt_until" | "remediation" | "evaluated_at" | "finding_type" | "recorded_at"
  | "key_recorded_at" | "open_since" | "change" | "change_why";

/** Begins a text in which nothing was left open. */
const AS_IT_IS = "\u0007";
const BETWEEN_STEPS = "\u001e";
/** What stands for which column; the writer has the same list. */
const OPEN: readonly Column[] = [
  "repository_arn", "kms_key_arn", "kms_key", "repository_name", "account_id", "region",
];

/** A column's runs: below zero is how many times more the number before stands there. */
function unfold(runs: readonly number[], count: number): Uint32Array {
  const column = new Uint32Array(count);
  let at = 0;
  for (const number of runs) {
    if (number < 0) {
      column.fill(column[at - 1] ?? 0, at, at - number);
      at -= number;
    } else {
      column[at] = number;
      at += 1;
    }
  }
  return column;
}

export class Data {
  readonly head: Head;
  readonly findings: readonly Finding[];
  private readonly strings: readonly (string | null)[];
  private readonly columns = new Map<string, Uint32Array>();

  constructor(payload: Payload) {
    this.head = payload.head;
    this.strings = payload.strings;
    payload.head.columns.forEach((name, index) => {
      this.columns.set(name, unfold(payload.rows[index] ?? [], payload.count));
    });
    this.findings = Array.from({ length: payload.count }, (_, index) => new Finding(this, index));
  }

  /** The text of a column as it was written. */
  raw(column: Column, index: number): string | null {
    return this.strings[this.columns.get(column)?.[index] ?? 0] ?? null;
  }

  /** The values of a column, in order. */
  values(column: Column): string[] {
    const values = new Set(this.columns.get(column));
    values.delete(0);
    return [...values].map((number) => this.strings[number] ?? "").sort();
  }
}

/** A finding; its texts are made when they are asked for. */
export class Finding {
  private searched: string | undefined;

  constructor(
    private readonly data: Data,
    /** Its place: the worst is 0. */
    readonly index: number,
  ) {}

  /** A column in which nothing is left open. */
  get(column: Column): string | null {
    return this.data.raw(column, this.index);
  }

  private fill(column: Column): string {
    const text = this.get(column) ?? "";
    if (text.startsWith(AS_IT_IS)) return text.slice(1);
    return text.replace(/[\u0001-\u0006]/g, (mark) => {
      const place = OPEN[mark.charCodeAt(0) - 1] as Column;
      return place === "repository_arn" ? (this.arn ?? "") : (this.get(place) ?? "");
    });
  }

  get account(): string {
    return this.get("account_id") ?? "";
  }
  get accountName(): string | null {
    return this.get("account_name");
  }
  get unit(): string {
    return this.get("organizational_unit_path") ?? "";
  }
  get region(): string {
    return this.get("region") ?? "";
  }
  get name(): string {
    return this.get("repository_name") ?? "";
  }
  get type(): string {
    return this.get("finding_type") ?? "";
  }
  get status(): string {
    return this.get("status") ?? "";
  }
  get reasonCode(): string {
    return this.get("reason_code") ?? "";
  }
  get level(): string {
    return this.get("encryption_level") ?? "unknown";
  }
  get isLowerBound(): boolean {
    return this.get("encryption_level_is_lower_bound") !== null;
  }
  get demanded(): string {
    return this.get("desired_encryption_level") ?? "";
  }
  get change(): string {
    return this.get("change") ?? "";
  }
  get openSince(): string {
    return this.get("open_since") ?? "";
  }
  get keys(): string {
    return `${this.get("kms_key_arn") ?? ""} ${this.get("kms_key") ?? ""}`.trim();
  }
  get arn(): string | null {
    return this.get("repository_arn") === null ? null : this.fill("repository_arn");
  }
  get reason(): string {
    return this.fill("reason");
  }
  get steps(): string[] {
    const steps = this.fill("remediation");
    return steps === "" ? [] : steps.split(BETWEEN_STEPS);
  }

  /** What a link names it by. */
  get id(): string {
    return `${this.account}/${this.region}/${this.type}/${this.name}`;
  }

  /** What a search looks through. */
  get text(): string {
    this.searched ??= [
      this.name, this.account, this.accountName, this.unit, this.region, this.status, this.reasonCode, this.reason,
      this.level, this.keys, this.arn, this.get("override"),
    ].join("\n").toLowerCase();
    return this.searched;
  }
}

export function word(words: readonly Word[], code: string): Word {
  return words.find((one) => one.code === code) ?? { code, label: code, sign: "", class: "" };
}

export function readData(): Data {
  const element = document.getElementById("data");
  return new Data(JSON.parse(element?.textContent ?? "") as Payload);
}
