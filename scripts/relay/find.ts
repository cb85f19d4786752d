/** Finds accounts and keys as people name them: by id, by name, a key also by itself. A name that several have is refused. */
import { ask } from "./client.ts";
import { failed, type Outcome } from "./failure.ts";
import { collect } from "./pages.ts";
import type { Relay } from "./relay-session.ts";

export interface Named {
  id: string;
  name: string;
}

/** Only so many that contain the name are looked at. */
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
  const { items } = page.value;
  // Found by the digest and not by a word of it: it is the key itself, which may have any form where another relay has made it.
  const itself = items.find(({ name, description, tags }) => ![name, description, ...tags].some(holds(named)));
  return itself && !items.some(({ name }) => name === named) ? { ok: true, value: itself } : only("key", named, items);
}

/** As the relay searches. */
function holds(search: string): (text: string) => boolean {
  return (text) => text.toLowerCase().includes(search.toLowerCase());
}

/** What may be a key is not said again: somebody may read along. */
const SECRET = /^\S{20,}$/;

function only(what: string, named: string, items: Named[]): Outcome<Named> {
  const [found, ...others] = items.filter(({ name }) => name === named);
  if (!found) {
    const called = SECRET.test(named) ? "of that name or value" : named;
    return failed("failed", `There is no ${what} ${called}.`, `\`edge-relay ${what}s list\` shows them.`);
  }
  if (others.length === 0) return { ok: true, value: found };
  const ids = [found, ...others].map(({ id }) => id).join(", ");
  return failed("usage", `${others.length + 1} ${what}s are called ${named}.`, `Name one by its id: ${ids}.`);
}
