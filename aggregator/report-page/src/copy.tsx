// Copying, with a word that it was done.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return byHand(text);
  }
}

/** Where there is no clipboard to write to, as in some frames: the browser's own command. */
function byHand(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  const focused = document.activeElement;
  area.select();
  let done = false;
  try {
    done = document.execCommand("copy");
  } catch {
    done = false;
  }
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

export function Copy(props: {
  readonly text: () => string;
  readonly label: string;
  /** What is copied, for those who do not see where the button stands. */
  readonly what: string;
}): JSX.Element {
  const [told, tell] = useState("");
  useEffect(() => {
    if (told === "") return undefined;
    const timer = setTimeout(() => tell(""), 2_000);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = (): void => {
    void toClipboard(props.text()).then((done) => tell(done ? "Copied" : "Cannot copy"));
  };
  return (
    <span class="copy">
      <button type="button" onClick={copy}>
        {told === "" ? props.label : told}
        <span class="hidden"> {props.what}</span>
      </button>
      <span role="status" class="hidden">
        {told}
      </span>
    </span>
  );
}
