/** What models' names stand for, and the actions on these aliases. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, ask } from "../../api.ts";
import { createRecords, type Records } from "../../list/records.ts";

type Routes = AdminClient["admin"]["aliases"];
export type Alias = InferResponseType<Routes["$get"], 200>["items"][number];
export type AliasInput = InferRequestType<Routes["$post"]>["json"];
export type Aliases = Records<Alias, { search?: string }, AliasInput>;

export function createAliases(client: AdminClient): Aliases {
  const routes = client.admin.aliases;
  return createRecords({
    read: (page, filters: { search?: string }, signal) =>
      ask(routes.$get({ query: { ...filters, ...page } }, { init: { signal } })),
    make: (json: AliasInput) => ask(routes.$post({ json })),
    change: (id, json: AliasInput) => ask(routes[":id"].$patch({ param: { id }, json })),
    remove: (id) => ask(routes[":id"].$delete({ param: { id } })),
  });
}
