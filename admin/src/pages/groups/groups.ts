/** Groups of accounts, and what can be done to them. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { createList, type List } from "../../list/list.ts";
import type { Problem } from "../../problem.ts";

type Routes = AdminClient["admin"]["groups"];
export type Group = InferResponseType<Routes["$get"], 200>["items"][number];
export type GroupInput = InferRequestType<Routes["$post"]>["json"];

export interface Groups extends List<Group, { search?: string }> {
  /** A new one where `id` is null. */
  save(id: string | null, input: GroupInput): Promise<Answer<Group>>;
  remove(id: string): Promise<Problem | null>;
}

export function createGroups(client: AdminClient): Groups {
  const routes = client.admin.groups;
  const list = createList<Group, { search?: string }>((page, filters, signal) =>
    ask(routes.$get({ query: { ...filters, ...page } }, { init: { signal } })),
  );
  return {
    ...list,
    async save(id, input) {
      const answer: Answer<Group> =
        id === null
          ? await ask(routes.$post({ json: input }))
          : await ask(routes[":id"].$patch({ param: { id }, json: input }));
      if (answer.ok) await list.refresh();
      return answer;
    },
    async remove(id) {
      const answer = await ask(routes[":id"].$delete({ param: { id } }));
      if (!answer.ok) return answer.problem;
      await list.refresh();
      return null;
    },
  };
}
