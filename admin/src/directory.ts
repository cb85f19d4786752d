/**
 * The names behind the ids that other records refer to, and whether there is anything to relay with. The newest 200 of
 * each; an id beyond them is shown as it is.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type AdminClient, ask } from "./api.ts";

const MOST = "200";

export interface Known {
  keyNames: ReadonlyMap<string, string>;
  accountNames: ReadonlyMap<string, string>;
  /** Some account may be used, some key be called with. */
  hasAccount: boolean;
  hasKey: boolean;
}

export interface Directory {
  /** Null until it has been read once. */
  known: ReadonlySignal<Known | null>;
  /** Reads it anew. What was known stays where that fails. */
  load(): Promise<void>;
}

export function createDirectory(client: AdminClient): Directory {
  const known = signal<Known | null>(null);

  async function load(): Promise<void> {
    const [keys, accounts] = await Promise.all([
      ask(client.admin["api-keys"].$get({ query: { status: "all", limit: MOST } })),
      ask(client.admin.accounts.$get({ query: { limit: MOST } })),
    ]);
    if (!keys.ok || !accounts.ok) return;
    known.value = {
      keyNames: namesOf(keys.value.items),
      accountNames: namesOf(accounts.value.items),
      hasAccount: accounts.value.items.some((account) => account.schedulable),
      hasKey: keys.value.items.some((key) => key.enabled && key.deleted_at === null),
    };
  }

  return { known, load };
}

function namesOf(records: readonly { id: string; name: string }[]): ReadonlyMap<string, string> {
  return new Map(records.map(({ id, name }) => [id, name]));
}
