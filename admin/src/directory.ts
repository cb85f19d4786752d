/**
 * The names of the ids that other records refer to, the state of the accounts, and whether there is anything to relay with. The newest 200
 * of each; an id beyond them is shown unchanged.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { InferResponseType } from "hono/client";
import { type AdminClient, ask } from "./api.ts";

/** What the relay names at once. */
const MOST_NAMES = 200;
/** Often enough for somebody who watches, and at most 1,000 requests a day for a tab that is never closed. */
const EVERY_MS = 90_000;
/** Switching windows back and forth within this time does not ask again. */
const FRESH_MS = 10_000;

type Names = InferResponseType<AdminClient["admin"]["meta"]["names"]["$get"], 200>;

export interface Known {
  /** Those that are not deleted, newest first. */
  keys: readonly Names["keys"][number][];
  accounts: readonly Names["accounts"][number][];
  keyNames: ReadonlyMap<string, string>;
  accountNames: ReadonlyMap<string, string>;
  /** Whether some account may be used; below, whether some key can be used. */
  hasAccount: boolean;
  hasKey: boolean;
  /** There may be keys that are older than these. */
  hasMoreKeys: boolean;
}

export interface Directory {
  /** Null until it was read once. */
  known: ReadonlySignal<Known | null>;
  /** Reads it again. If that fails, what was known stays. */
  load(): Promise<void>;
  /** Keeps it current until the returned function is called. */
  visit(): () => void;
}

export function createDirectory(client: AdminClient): Directory {
  const known = signal<Known | null>(null);
  let readAt = 0;

  async function load(): Promise<void> {
    readAt = Date.now();
    const answer = await ask(client.admin.meta.names.$get());
    if (!answer.ok) return;
    const { keys, accounts } = answer.value;
    const alive = keys.filter((key) => !key.deleted);
    known.value = {
      keys: alive,
      accounts,
      keyNames: namesOf(keys),
      accountNames: namesOf(accounts),
      hasAccount: accounts.some((account) => account.schedulable),
      hasKey: alive.some((key) => key.enabled),
      hasMoreKeys: keys.length >= MOST_NAMES,
    };
  }

  function visit(): () => void {
    function onReturn(): void {
      if (document.visibilityState === "visible" && Date.now() - readAt >= FRESH_MS) void load();
    }
    void load();
    const timer = setInterval(() => document.visibilityState === "visible" && void load(), EVERY_MS);
    document.addEventListener("visibilitychange", onReturn);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onReturn);
    };
  }

  return { known, load, visit };
}

function namesOf(records: readonly { id: string; name: string }[]): ReadonlyMap<string, string> {
  return new Map(records.map(({ id, name }) => [id, name]));
}
