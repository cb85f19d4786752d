/** Templates: named sets of a key's limits and rules, and the keys that follow them. */
import type { InferRequestType, InferResponseType } from "hono/client";
import { type AdminClient, type Answer, ask } from "../../api.ts";
import { createRecords, type Records } from "../../list/records.ts";
import type { Problem } from "../../problem.ts";

type Routes = AdminClient["admin"]["templates"];
export type Template = InferResponseType<Routes["$get"], 200>["items"][number];
export type TemplateInput = InferRequestType<Routes["$post"]>["json"];
export type TemplateChange = InferRequestType<Routes[":id"]["$patch"]>["json"];

/** How far the application of a template is. */
export interface Applied {
  updated: number;
  failed: number;
  left: number;
}

export interface Templates
  extends Records<Template, { search?: string }, TemplateInput, TemplateChange, unknown, unknown> {
  /** Writes the template into all keys that follow it, some at a time. `onProgress` is called after each step. */
  apply(id: string, onProgress: (applied: Applied) => void): Promise<Problem | null>;
}

export function createTemplates(client: AdminClient): Templates {
  const routes = client.admin.templates;
  const records = createRecords({
    read: (page, filters: { search?: string }, signal) =>
      ask(routes.$get({ query: { ...filters, ...page } }, { init: { signal } })),
    make: (json: TemplateInput): Promise<Answer<unknown>> => ask(routes.$post({ json })),
    change: (id, json: TemplateChange): Promise<Answer<unknown>> => ask(routes[":id"].$patch({ param: { id }, json })),
    remove: (id) => ask(routes[":id"].$delete({ param: { id } })),
  });

  return {
    ...records,
    async apply(id, onProgress) {
      let updated = 0;
      let failed = 0;
      let cursor: string | null = null;
      do {
        const step: Answer<{ updated: number; failed: number; left: number; next_cursor: string | null }> = await ask(
          routes[":id"].apply.$post({ param: { id }, json: cursor === null ? {} : { cursor } }),
        );
        if (!step.ok) return step.problem;
        updated += step.value.updated;
        failed += step.value.failed;
        onProgress({ updated, failed, left: step.value.left });
        cursor = step.value.next_cursor;
      } while (cursor !== null);
      return null;
    },
  };
}
