/** Which section is open: the hash of the address, so that links, reload and the back button work without a router. */
import { type ReadonlySignal, signal } from "@preact/signals";

export const SECTIONS = ["requests", "keys", "accounts", "prices"] as const;
export type Section = (typeof SECTIONS)[number];

/** The section a hash names; an unknown or empty one is the first. */
export function sectionOf(hash: string): Section {
  const name = hash.replace(/^#\/?/, "");
  return SECTIONS.find((section) => section === name) ?? "requests";
}

export function createSection(): ReadonlySignal<Section> {
  const section = signal(sectionOf(location.hash));
  addEventListener("hashchange", () => {
    section.value = sectionOf(location.hash);
  });
  return section;
}
