/**
 * The key that the page is about. It is in memory, and in the browser's storage of this tab only, so that a reload does not ask for it
 * again. It is never in an address, where it would get into histories and logs.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

const KEPT = "edge-relay-my-key";
const KEY = /(?<!\w)cr_[0-9a-f]{64}(?!\w)/;

export interface MyKey {
  /** Null until one was entered. */
  current: ReadonlySignal<string | null>;
  keep(key: string): void;
  forget(): void;
}

/** The key in a text, such as a line that sets it; null if there is none. Pure. */
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
        // The browser stores nothing, so the key is here only until the page is left.
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
