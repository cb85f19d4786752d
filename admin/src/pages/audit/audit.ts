/** The audit trail, newest first. Read only. */
import type { InferResponseType } from "hono/client";
import { type AdminClient, ask } from "../../api.ts";
import type { FiltersOf } from "../../list/filters.ts";
import { createList, type List } from "../../list/list.ts";
import { beginOf } from "../../parts/range.ts";
import type { AUDIT_FILTERS } from "./filters.ts";

export type AuditRow = InferResponseType<AdminClient["admin"]["audit"]["$get"], 200>["items"][number];
type Filters = FiltersOf<typeof AUDIT_FILTERS>;

export function createAudit(client: AdminClient): List<AuditRow, Filters> {
  return createList<AuditRow, Filters>((page, { range, ...filters }, signal) => {
    const from = range === undefined ? {} : { from: beginOf(range, Date.now()) };
    return ask(client.admin.audit.$get({ query: { ...filters, ...from, ...page } }, { init: { signal } }));
  });
}
