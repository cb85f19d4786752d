/** Light, dark, or as the system has it. `public/theme.js` has already set it once, before the first paint. */
import { type ReadonlySignal, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const CHOSEN = "edge-relay-theme";
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const wanted = signal<Theme>(stored());

export const theme: ReadonlySignal<Theme> = wanted;

/** Sets it at once, and for later visits. */
export function chooseTheme(theme: Theme): void {
  wanted.value = theme;
  try {
    localStorage.setItem(CHOSEN, theme);
  } catch {
    // The browser stores nothing, so it holds until the page is left.
  }
  show();
}

systemDark.addEventListener("change", show);

function show(): void {
  const dark = wanted.value === "dark" || (wanted.value === "system" && systemDark.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

function stored(): Theme {
  try {
    const theme = localStorage.getItem(CHOSEN);
    return THEMES.find((known) => known === theme) ?? "system";
  } catch {
    return "system";
  }
}
