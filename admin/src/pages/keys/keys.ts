/** Relay keys, and what can be done to them. The key itself is fetched on demand, never kept. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import type { FiltersOf } from "../../list/filters.ts";
import { createList, type List } from "../../list/list.ts";
import { type Problem, UNREADABLE } from "../../problem.ts";
import type { KEY_FILTERS } from "./filters.ts";

type Routes = AdminClient["admin"]["api-keys"];
export type ApiKey = InferResponseType<Routes["$get"], 200>["items"][number];
export type ApiKeyInput = InferRequestType<Routes["$post"]>["json"];
export type ApiKeyChange = InferRequestType<Routes[":id"]["$patch"]>["json"];
export type MadeKey = InferResponseType<Routes["$post"], 201>;
export type LiveKey = InferResponseType<Routes[":id"]["live"]["$get"], 200>;

export interface Keys extends List<ApiKey, FiltersOf<typeof KEY_FILTERS>> {
  make(input: ApiKeyInput): Promise<Answer<MadeKey>>;
  read(id: string, signal: AbortSignal): Promise<Answer<ApiKey>>;
  /** As the key's gate has it this moment. */
  live(id: string, signal: AbortSignal): Promise<Answer<LiveKey>>;
  change(id: string, input: ApiKeyChange): Promise<Answer<unknown>>;
  /** The whole `cr_…` key. The relay writes each reveal to its audit log. */
  reveal(id: string): Promise<Answer<string>>;
  /** Each answers with the problem, or null when it is done and the list says so. */
  setEnabled(id: string, enabled: boolean): Promise<Problem | null>;
  remove(id: string): Promise<Problem | null>;
  restore(id: string): Promise<Problem | null>;
}

export function createKeys(client: AdminClient): Keys {
  const routes = client.admin["api-keys"];
  const list = createList<ApiKey, FiltersOf<typeof KEY_FILTERS>>((page, filters, signal) =>
    ask(routes.$get({ query: { ...filters, ...page } }, { init: { signal } })),
  );

  async function done(answering: Promise<Answer<unknown>>): Promise<Problem | null> {
    const answer = await answering;
    if (!answer.ok) return answer.problem;
    await list.refresh();
    return null;
  }

  return {
    ...list,
    async make(input) {
      const answer = await ask(routes.$post({ json: input }));
      if (answer.ok) await list.refresh();
      return answer;
    },
    async read(id, signal) {
      const answer = await ask(routes[":id"].$get({ param: { id }, query: {} }, { init: { signal } }));
      if (!answer.ok) return answer;
      // The route has two answers; the one that holds the key itself does not say how it stands.
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
