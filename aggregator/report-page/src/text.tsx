// Texts that others wrote: names, reasons, keys.

import type { JSX } from "preact";

/** Characters that are not seen, or turn others around; not the joiner that emoji need. */
const CONTROLS = /([\u0000-\u001f\u007f-\u009f\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff])/u;

/** A text in a direction of its own, in which what cannot be seen is shown. */
export function Text({ text }: { readonly text: string }): JSX.Element {
  if (!CONTROLS.test(text)) return <bdi>{text}</bdi>;
  const parts = text.split(new RegExp(CONTROLS, "u"));
  return (
    <bdi>
      {parts.map((part, index) => (index % 2 === 0 ? part : <span class="control">{shown(part)}</span>))}
    </bdi>
  );
}

function shown(control: string): string {
  return `U+${(control.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const number = new Intl.NumberFormat("en-US");

export function count(value: number): string {
  return number.format(value);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A day for people, UTC: `23 Nov 2026`. */
export function day(at: string): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** A time for people: `23 Nov 2026, 13:02 UTC`. */
export function time(at: string): string {
  return `${day(at)}, ${new Date(at).toISOString().slice(11, 16)} UTC`;
}

/** How many whole days are between two times. */
export function days(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 86_400_000));
}
