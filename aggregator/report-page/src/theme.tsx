// Light or dark: as the system has it, or as was chosen.

import type { JSX, TargetedEvent } from "preact";
import { useState } from "preact/hooks";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "ecr-encryption-theme";

/** What was chosen before; pages from a mail may not remember anything. */
function remembered(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return THEMES.find((one) => one === theme) ?? "auto";
  } catch {
    return "auto";
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds for this time only.
  }
}

function apply(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function ThemeChoice(): JSX.Element {
  const [theme, setTheme] = useState(() => {
    const before = remembered();
    apply(before);
    return before;
  });
  const choose = (event: TargetedEvent<HTMLSelectElement>): void => {
    const chosen = THEMES.find((one) => one === event.currentTarget.value) ?? "auto";
    apply(chosen);
    remember(chosen);
    setTheme(chosen);
  };
  return (
    <label class="theme">
      <span class="hidden">Theme</span>
      <select value={theme} onChange={choose}>
        <option value="auto">System theme</option>
        <option value="light">Light theme</option>
        <option value="dark">Dark theme</option>
      </select>
    </label>
  );
}
