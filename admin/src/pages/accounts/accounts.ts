/** Upstream accounts, and what can be done to them. Secrets pass through here once, on the way in, and are not kept. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, ask } from "../../api.ts";
import { createList, type List } from "../../list/list.ts";
import type { Problem } from "../../problem.ts";

type Routes = AdminClient["admin"]["accounts"];
export type Account = InferResponseType<Routes["$get"], 200>["items"][number];
export type AccountInput = InferRequestType<Routes["$post"]>["json"];

const PAGE = "200";

export interface Accounts extends List<Account> {
  /** Each answers with the problem, or null when it is done and the list says so. */
  add(input: AccountInput): Promise<Problem | null>;
  setSchedulable(account: Account, schedulable: boolean): Promise<Problem | null>;
  remove(account: Account): Promise<Problem | null>;
}

export function createAccounts(client: AdminClient): Accounts {
  const routes = client.admin.accounts;
  const list = createList<Account>((cursor) =>
    ask(routes.$get({ query: cursor === null ? { limit: PAGE } : { limit: PAGE, cursor } })),
  );

  return {
    ...list,
    async add(input) {
      const answer = await ask(routes.$post({ json: input }));
      if (!answer.ok) return answer.problem;
      list.put(answer.value);
      return null;
    },
    async setSchedulable(account, schedulable) {
      const answer = await ask(routes[":id"].$patch({ param: { id: account.id }, json: { schedulable } }));
      if (!answer.ok) return answer.problem;
      list.put(answer.value);
      return null;
    },
    async remove(account) {
      const answer = await ask(routes[":id"].$delete({ param: { id: account.id } }));
      // Deleted elsewhere in the meantime is what was asked for.
      if (!answer.ok && answer.problem.status !== 404) return answer.problem;
      list.drop(account.id);
      return null;
    },
  };
}
