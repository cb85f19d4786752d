/**
 * The key that the page is about: in memory, and in what the browser keeps for this tab alone, so that a reload does not ask for it
 * again. Never in an address, where histories and logs would have it.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

const KEPT = "edge-relay-my-key";
const KEY = /(?<!\w)cr_[0-9a-f]{64}(?!\w)/;

export interface MyKey {
  /** Null until one was given. */
  current: ReadonlySignal<string | null>;
  keep(key: string): void;
  forget(): void;
}

/** The key in a text, such as a line that sets it; null where there is none. Pure. */
export function keyIn(text: string): string | null {
  return KEY.exec(text)?.[0] ?? null;
}

export function createMyKey(): MyKey {
  const current = signal(kept());
  return {
    current,
    keep(key) {
      current.value = key;
      try {
        sessionStorage.setItem(KEPT, key);
      } catch {
        // A browser that stores nothing: the key is here until the page is left.
      }
    },
    forget() {
      current.value = null;
      try {
        sessionStorage.removeItem(KEPT);
      } catch {
        // Nothing was stored.
      }
    },
  };
}

function kept(): string | null {
  try {
    return keyIn(sessionStorage.getItem(KEPT) ?? "");
  } catch {
    return null;
  }
}
