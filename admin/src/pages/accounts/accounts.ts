/** Upstream accounts, and the actions on them. Secrets only pass through on their way to the relay, and are not kept. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { createList, type List } from "../../list/list.ts";
import { beginOf } from "../../parts/range.ts";
import type { Problem } from "../../problem.ts";
import { inLots, MOST_AT_ONCE } from "./bulk.ts";

type Routes = AdminClient["admin"]["accounts"];
type Flows = AdminClient["admin"]["oauth"][":flow"];
export type Account = InferResponseType<Routes["$get"], 200>["items"][number];
export type AccountHealth = InferResponseType<Routes[":id"]["health"]["$get"], 200>;
export type AccountUsed = InferResponseType<AdminClient["admin"]["usage"]["$get"], 200>;
export type AccountInput = InferRequestType<Routes["$post"]>["json"];
/** An account that is tested before it exists. */
export type UnsavedAccount = InferRequestType<Routes["models"]["$post"]>["json"];
export type AccountChange = InferRequestType<Routes[":id"]["$patch"]>["json"];
export type BulkAction = InferRequestType<Routes["bulk"]["$post"]>["json"]["action"];
export type AccountOutcomes = InferResponseType<Routes["bulk"]["$post"], 200>;
export type StartedSignIn = InferResponseType<Flows["start"]["$post"], 200>;
export type FinishInput = InferRequestType<Flows["finish"]["$post"]>["json"];
export type FinishedSignIn = InferResponseType<Flows["finish"]["$post"], 200>;

const MOST_MODELS = "20";

export interface Accounts extends List<Account, { search?: string }> {
  add(input: AccountInput): Promise<Answer<Account>>;
  read(id: string, signal: AbortSignal): Promise<Answer<Account>>;
  /** As its Keeper reports it now. */
  health(id: string, signal: AbortSignal): Promise<Answer<AccountHealth>>;
  /** Its cost in a day, by model. Sums have no index by account, so a day is the most that is read just to be looked at. */
  usage(id: string, signal: AbortSignal): Promise<Answer<AccountUsed>>;
  change(id: string, input: AccountChange): Promise<Answer<unknown>>;
  startSignIn(flow: string): Promise<Answer<StartedSignIn>>;
  finishSignIn(flow: string, input: FinishInput): Promise<Answer<FinishedSignIn>>;
  /** Each returns the problem, or null when it is done and the list shows it. */
  setSchedulable(id: string, schedulable: boolean): Promise<Problem | null>;
  reset(id: string): Promise<Problem | null>;
  /** The same for many, some at a time. If the relay stops answering in between, the results so far. */
  bulk(ids: readonly string[], action: BulkAction): Promise<Answer<Pick<AccountOutcomes, "results">>>;
  remove(id: string): Promise<Problem | null>;
}

export function createAccounts(client: AdminClient): Accounts {
  const routes = client.admin.accounts;
  const flows = client.admin.oauth[":flow"];
  const list = createList<Account, { search?: string }>((page, filters, signal) =>
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
    async add(input) {
      const answer = await ask(routes.$post({ json: input }));
      if (answer.ok) await list.refresh();
      return answer;
    },
    read: (id, signal) => ask(routes[":id"].$get({ param: { id } }, { init: { signal } })),
    health: (id, signal) => ask(routes[":id"].health.$get({ param: { id } }, { init: { signal } })),
    usage(id, signal) {
      const query = {
        group_by: "model",
        account_id: id,
        from: beginOf("24h", Date.now()),
        limit: MOST_MODELS,
      } as const;
      return ask(client.admin.usage.$get({ query }, { init: { signal } }));
    },
    async change(id, input) {
      const answer = await ask(routes[":id"].$patch({ param: { id }, json: input }));
      if (answer.ok) void list.refresh();
      return answer;
    },
    startSignIn: (flow) => ask(flows.start.$post({ param: { flow }, json: {} })),
    async finishSignIn(flow, input) {
      const answer = await ask(flows.finish.$post({ param: { flow }, json: input }));
      if (answer.ok && answer.value.status === "done") await list.refresh();
      return answer;
    },
    setSchedulable: (id, schedulable) => done(ask(routes[":id"].$patch({ param: { id }, json: { schedulable } }))),
    reset: (id) => done(ask(routes[":id"].reset.$post({ param: { id } }))),
    async bulk(ids, action) {
      const results: AccountOutcomes["results"] = [];
      for (const lot of inLots(ids, MOST_AT_ONCE)) {
        const answer = await ask(routes.bulk.$post({ json: { ids: lot, action } }));
        if (answer.ok) results.push(...answer.value.results);
        else if (results.length === 0) return answer;
        else results.push(...lot.map((id) => ({ id, error: { type: "unanswered", message: answer.problem.text } })));
      }
      await list.refresh();
      return { ok: true, value: { results } };
    },
    async remove(id) {
      const answer = await ask(routes[":id"].$delete({ param: { id } }));
      // An account that was deleted elsewhere meanwhile is what was asked for.
      if (!answer.ok && answer.problem.status !== 404) return answer.problem;
      await list.refresh();
      return null;
    },
  };
}
