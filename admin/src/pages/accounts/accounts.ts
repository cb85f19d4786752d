/** Upstream accounts, and what can be done to them. Secrets pass through here once, on the way in, and are not kept. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { createList, type List } from "../../list/list.ts";
import type { Problem } from "../../problem.ts";

type Routes = AdminClient["admin"]["accounts"];
export type Account = InferResponseType<Routes["$get"], 200>["items"][number];
export type AccountInput = InferRequestType<Routes["$post"]>["json"];

export interface Accounts extends List<Account, { search?: string }> {
  add(input: AccountInput): Promise<Answer<Account>>;
  /** Each answers with the problem, or null when it is done and the list says so. */
  setSchedulable(id: string, schedulable: boolean): Promise<Problem | null>;
  remove(id: string): Promise<Problem | null>;
}

export function createAccounts(client: AdminClient): Accounts {
  const routes = client.admin.accounts;
  const list = createList<Account, { search?: string }>((page, filters, signal) =>
    ask(routes.$get({ query: { ...filters, ...page } }, { init: { signal } })),
  );

  return {
    ...list,
    async add(input) {
      const answer = await ask(routes.$post({ json: input }));
      if (answer.ok) await list.refresh();
      return answer;
    },
    async setSchedulable(id, schedulable) {
      const answer = await ask(routes[":id"].$patch({ param: { id }, json: { schedulable } }));
      if (!answer.ok) return answer.problem;
      await list.refresh();
      return null;
    },
    async remove(id) {
      const answer = await ask(routes[":id"].$delete({ param: { id } }));
      // Deleted elsewhere in the meantime is what was asked for.
      if (!answer.ok && answer.problem.status !== 404) return answer.problem;
      await list.refresh();
      return null;
    },
  };
}
