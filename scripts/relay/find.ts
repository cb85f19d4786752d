/** Accounts and keys as people name them: by id, by name, a key also by itself. A name that several have is refused. */
import { ask } from "./client.ts";
import { failed, type Outcome } from "./failure.ts";
import { collect } from "./pages.ts";
import type { Relay } from "./relay-session.ts";

export interface Named {
  id: string;
  name: string;
}

/** More that contain one name are not looked at. */
const MOST = 1_000;

export async function findAccount({ client }: Relay, named: string): Promise<Outcome<Named>> {
  if (/^acc_[0-9a-f]{32}$/.test(named)) return ask(client.admin.accounts[":id"].$get({ param: { id: named } }));
  const search = named;
  const page = await collect(MOST, (query) => ask(client.admin.accounts.$get({ query: { ...query, search } })));
  return page.ok ? only("account", named, page.value.items) : page;
}

export async function findKey({ client }: Relay, named: string): Promise<Outcome<Named>> {
  if (/^[0-9a-f]{32}$/.test(named)) {
    return ask(client.admin["api-keys"][":id"].$get({ param: { id: named }, query: {} }));
  }
  const search = named;
  const page = await collect(MOST, (query) => ask(client.admin["api-keys"].$get({ query: { ...query, search } })));
  if (!page.ok) return page;
  // A pasted key is looked up by its hash, and then it is the only one.
  const [pasted] = page.value.items;
  if (named.startsWith("cr_") && pasted) return { ok: true, value: pasted };
  return only("key", named, page.value.items);
}

function only(what: string, named: string, items: Named[]): Outcome<Named> {
  const [found, ...others] = items.filter(({ name }) => name === named);
  if (!found) {
    const called = named.startsWith("cr_") ? "of that value" : named;
    return failed("failed", `There is no ${what} ${called}.`, `\`edge-relay ${what}s list\` shows them.`);
  }
  if (others.length === 0) return { ok: true, value: found };
  const ids = [found, ...others].map(({ id }) => id).join(", ");
  return failed("usage", `${others.length + 1} ${what}s are called ${named}.`, `Name one by its id: ${ids}.`);
}
