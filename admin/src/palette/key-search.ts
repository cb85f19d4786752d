/**
 * Finds keys whose names the console does not know, since the directory has only the newest 200: asks the relay once the person stops
 * typing.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type AdminClient, ask } from "../api.ts";

export interface FoundKey {
  id: string;
  name: string;
  owner: string;
}

export interface KeySearch {
  found: ReadonlySignal<readonly FoundKey[]>;
  /** Whether an answer is awaited. */
  busy: ReadonlySignal<boolean>;
  /** Forgets what was searched for before. */
  lookFor(typed: string): void;
  end(): void;
}

/** Every name contains a single letter. */
const SHORTEST = 2;
const PAUSE_MS = 250;
const MOST = "6";

export function createKeySearch(client: AdminClient): KeySearch {
  const found = signal<readonly FoundKey[]>([]);
  const busy = signal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking: AbortController | undefined;

  function end(): void {
    clearTimeout(timer);
    asking?.abort();
    found.value = [];
    busy.value = false;
  }

  async function answer(search: string): Promise<void> {
    const controller = new AbortController();
    asking = controller;
    const read = await ask(
      client.admin["api-keys"].$get({ query: { search, limit: MOST } }, { init: { signal: controller.signal } }),
    );
    if (controller.signal.aborted) return;
    busy.value = false;
    if (read.ok) found.value = read.value.items;
  }

  return {
    found,
    busy,
    lookFor(typed) {
      end();
      const search = typed.trim();
      if (search.length < SHORTEST) return;
      busy.value = true;
      timer = setTimeout(() => void answer(search), PAUSE_MS);
    },
    end,
  };
}
