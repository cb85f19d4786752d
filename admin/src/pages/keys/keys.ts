/** Relay keys, and the actions on them. A key itself is fetched on demand, and never kept. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import type { FiltersOf } from "../../list/filters.ts";
import { createList, type List } from "../../list/list.ts";
import { type Problem, UNREADABLE } from "../../problem.ts";
import type { KEY_FILTERS } from "./filters.ts";
import { orderOf } from "./order.ts";

type Routes = AdminClient["admin"]["api-keys"];
export type ApiKey = InferResponseType<Routes["$get"], 200>["items"][number];
export type ApiKeyInput = InferRequestType<Routes["$post"]>["json"];
export type ApiKeyChange = InferRequestType<Routes[":id"]["$patch"]>["json"];
export type MadeKey = InferResponseType<Routes["$post"], 201>;
/** A change that many keys get alike. */
export type KeysChange = Omit<InferRequestType<Routes["bulk"]["$patch"]>["json"], "ids">;
type Outcomes = InferResponseType<Routes["bulk"]["$patch"], 200>;
export type LiveKey = InferResponseType<Routes[":id"]["live"]["$get"], 200>;

export interface Keys extends List<ApiKey, FiltersOf<typeof KEY_FILTERS>> {
  make(input: ApiKeyInput): Promise<Answer<MadeKey>>;
  read(id: string, signal: AbortSignal): Promise<Answer<ApiKey>>;
  /** As the key's gate reports it now. */
  live(id: string, signal: AbortSignal): Promise<Answer<LiveKey>>;
  change(id: string, input: ApiKeyChange): Promise<Answer<unknown>>;
  /** The whole `cr_…` key. The relay writes each reveal to its audit log. */
  reveal(id: string): Promise<Answer<string>>;
  /** Each returns the problem, or null when it is done and the list shows it. */
  setEnabled(id: string, enabled: boolean): Promise<Problem | null>;
  remove(id: string): Promise<Problem | null>;
  restore(id: string): Promise<Problem | null>;
  /** For any number of keys. A failed request ends it, and what was changed until then stays so. */
  changeMany(ids: readonly string[], change: KeysChange): Promise<Answer<Outcomes>>;
  removeMany(ids: readonly string[]): Promise<Answer<Outcomes>>;
  /** Restores each of them, whatever happens with the others. Returns the last problem, or null. */
  restoreMany(ids: readonly string[]): Promise<Problem | null>;
}

/** How many keys the API changes at once. */
const AT_ONCE = 100;

export function createKeys(client: AdminClient): Keys {
  const routes = client.admin["api-keys"];
  const list = createList<ApiKey, FiltersOf<typeof KEY_FILTERS>>((page, { sort, ...filters }, signal) =>
    ask(routes.$get({ query: { ...filters, ...(sort && orderOf(sort)), ...page } }, { init: { signal } })),
  );

  async function done(answering: Promise<Answer<unknown>>): Promise<Problem | null> {
    const answer = await answering;
    if (!answer.ok) return answer.problem;
    await list.refresh();
    return null;
  }

  async function inParts(
    ids: readonly string[],
    send: (ids: string[]) => Promise<Answer<Outcomes>>,
  ): Promise<Answer<Outcomes>> {
    const all: Outcomes = { updated: 0, failed: 0, results: [] };
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const answer = await send(ids.slice(at, at + AT_ONCE));
      if (!answer.ok) {
        await list.refresh();
        return answer;
      }
      all.updated += answer.value.updated;
      all.failed += answer.value.failed;
      all.results.push(...answer.value.results);
    }
    await list.refresh();
    return { ok: true, value: all };
  }

  return {
    ...list,
    changeMany: (ids, change) => inParts(ids, (part) => ask(routes.bulk.$patch({ json: { ...change, ids: part } }))),
    removeMany: (ids) => inParts(ids, (part) => ask(routes["bulk-delete"].$post({ json: { ids: part } }))),
    async restoreMany(ids) {
      let problem: Problem | null = null;
      for (const id of ids) {
        const answer = await ask(routes[":id"].restore.$post({ param: { id } }));
        if (!answer.ok) problem = answer.problem;
      }
      await list.refresh();
      return problem;
    },
    async make(input) {
      const answer = await ask(routes.$post({ json: input }));
      if (answer.ok) await list.refresh();
      return answer;
    },
    async read(id, signal) {
      const answer = await ask(routes[":id"].$get({ param: { id }, query: {} }, { init: { signal } }));
      if (!answer.ok) return answer;
      // The route has two kinds of answers. The one that contains the key itself does not have its state.
      return "state" in answer.value ? { ok: true, value: answer.value } : { ok: false, problem: UNREADABLE };
    },
    live: (id, signal) => ask(routes[":id"].live.$get({ param: { id } }, { init: { signal } })),
    async change(id, input) {
      const answer = await ask(routes[":id"].$patch({ param: { id }, json: input }));
      if (answer.ok) void list.refresh();
      return answer;
    },
    async reveal(id) {
      const answer = await ask(routes[":id"].$get({ param: { id }, query: { reveal: "1" } }));
      if (!answer.ok) return answer;
      const secret = "api_key" in answer.value ? answer.value.api_key : undefined;
      return typeof secret === "string" ? { ok: true, value: secret } : { ok: false, problem: UNREADABLE };
    },
    setEnabled: (id, enabled) => done(ask(routes[":id"].$patch({ param: { id }, json: { enabled } }))),
    remove: (id) => done(ask(routes[":id"].$delete({ param: { id } }))),
    restore: (id) => done(ask(routes[":id"].restore.$post({ param: { id } }))),
  };
}
