/** Groups of accounts, and the actions on them. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, ask } from "../../api.ts";
import { createRecords, type Records } from "../../list/records.ts";

type Routes = AdminClient["admin"]["groups"];
export type Group = InferResponseType<Routes["$get"], 200>["items"][number];
export type GroupInput = InferRequestType<Routes["$post"]>["json"];
export type Groups = Records<Group, { search?: string }, GroupInput>;

export function createGroups(client: AdminClient): Groups {
  const routes = client.admin.groups;
  return createRecords({
    read: (page, filters: { search?: string }, signal) =>
      ask(routes.$get({ query: { ...filters, ...page } }, { init: { signal } })),
    make: (json: GroupInput) => ask(routes.$post({ json })),
    change: (id, json: GroupInput) => ask(routes[":id"].$patch({ param: { id }, json })),
    remove: (id) => ask(routes[":id"].$delete({ param: { id } })),
  });
}
