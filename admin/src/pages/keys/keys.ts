/** Relay keys, deleted ones included, and what can be done to them. The key itself is fetched on demand, never kept. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { createList, type List } from "../../list/list.ts";
import { type Problem, UNREADABLE } from "../../problem.ts";

type Routes = AdminClient["admin"]["api-keys"];
export type ApiKey = InferResponseType<Routes["$get"], 200>["items"][number];
export type ApiKeyInput = InferRequestType<Routes["$post"]>["json"];
export type MadeKey = InferResponseType<Routes["$post"], 201>;

const PAGE = "200";

export interface Keys extends List<ApiKey> {
  make(input: ApiKeyInput): Promise<Answer<MadeKey>>;
  /** The whole `cr_…` key. The relay writes each reveal to its audit log. */
  reveal(key: ApiKey): Promise<Answer<string>>;
  /** Each answers with the problem, or null when it is done and the list says so. */
  setEnabled(key: ApiKey, enabled: boolean): Promise<Problem | null>;
  remove(key: ApiKey): Promise<Problem | null>;
  restore(key: ApiKey): Promise<Problem | null>;
}

export function createKeys(client: AdminClient): Keys {
  const routes = client.admin["api-keys"];
  const list = createList<ApiKey>((cursor) => {
    const query = { status: "all", limit: PAGE } as const;
    return ask(routes.$get({ query: cursor === null ? query : { ...query, cursor } }));
  });

  /** Shows the record that the relay answered with. */
  async function put(answering: Promise<Answer<ApiKey>>): Promise<Problem | null> {
    const answer = await answering;
    if (!answer.ok) return answer.problem;
    list.put(answer.value);
    return null;
  }

  return {
    ...list,
    async make(input) {
      const answer = await ask(routes.$post({ json: input }));
      if (answer.ok) {
        const { api_key: _secret, ...record } = answer.value;
        list.put(record);
      }
      return answer;
    },
    async reveal(key) {
      const answer = await ask(routes[":id"].$get({ param: { id: key.id }, query: { reveal: "1" } }));
      if (!answer.ok) return answer;
      const secret = "api_key" in answer.value ? answer.value.api_key : undefined;
      return typeof secret === "string" ? { ok: true, value: secret } : { ok: false, problem: UNREADABLE };
    },
    setEnabled: (key, enabled) => put(ask(routes[":id"].$patch({ param: { id: key.id }, json: { enabled } }))),
    remove: (key) => put(ask(routes[":id"].$delete({ param: { id: key.id } }))),
    restore: (key) => put(ask(routes[":id"].restore.$post({ param: { id: key.id } }))),
  };
}
