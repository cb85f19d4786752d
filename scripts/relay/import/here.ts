/** What exists at the relay, as far as an import has to know. */
import { ask } from "../client.ts";
import type { Outcome } from "../failure.ts";
import { collect } from "../pages.ts";
import type { Relay } from "../relay-session.ts";
import { type Here, marksIn } from "./plan.ts";

/** More than any relay has. */
const ALL = 100_000;

export async function readHere({ client }: Relay): Promise<Outcome<Here>> {
  const { accounts, groups, "api-keys": keys } = client.admin;
  const state = await ask(keys.import.$get());
  if (!state.ok) return state;
  const knownAccounts = await collect(ALL, (query) => ask(accounts.$get({ query })));
  if (!knownAccounts.ok) return knownAccounts;
  const knownGroups = await collect(ALL, (query) => ask(groups.$get({ query })));
  if (!knownGroups.ok) return knownGroups;
  const { imported, pepper_fingerprint } = state.value;
  const listed =
    imported === 0
      ? { ok: true as const, value: { items: [] } }
      : await collect(ALL, (query) => ask(keys.$get({ query: { ...query, status: "all" } })));
  if (!listed.ok) return listed;
  return {
    ok: true,
    value: {
      accounts: new Map(
        knownAccounts.value.items.flatMap(({ id, note }) => marksIn(note).map((mark) => [mark, id] as const)),
      ),
      groups: new Map(knownGroups.value.items.map(({ id, name, account_ids }) => [name, { id, members: account_ids }])),
      keys: new Set(listed.value.items.filter(({ imported_from }) => imported_from !== null).map(({ id }) => id)),
      pepperFingerprint: pepper_fingerprint,
    },
  };
}
