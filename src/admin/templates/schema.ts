/** The shape of a template in the API: a name, and any of the policy fields of a key. */
import * as z from "zod/mini";
import { matching, textOf, trimmed } from "../../ground/shape.ts";
import { idCursor, pageQuery, search } from "../api/paging.ts";
import { type PolicyView, policySchemas } from "../keys/fields.ts";

const name = trimmed(1, 100);
const description = z.optional(textOf(0, 2_000));

/** A field that is left out is not part of the template. Null means "no such limit", which keys take over. */
export const createTemplateBody = z.strictObject({ name, description, ...policySchemas });

export const updateTemplateBody = z.strictObject({
  name: z.optional(name),
  description,
  ...policySchemas,
  /** Fields that are removed from the template. */
  unset: z.optional(z.array(z.keyof(z.object(policySchemas)))),
  /** Writes the template's fields into the first of its keys. POST …/apply continues. */
  apply_to_keys: z.optional(z.boolean()),
});

export const listTemplatesQuery = z.extend(pageQuery, { cursor: idCursor("tpl"), search });

/** `cursor`: the `next_cursor` of the call before; without it, from the first key. */
export const applyTemplateBody = z.strictObject({
  cursor: z.optional(matching(/^[0-9a-f]{32}$/, "is not a next_cursor of this template")),
});

export type CreateTemplate = z.output<typeof createTemplateBody>;
export type UpdateTemplate = z.output<typeof updateTemplateBody>;
export type ListTemplates = z.output<typeof listTemplatesQuery>;
export type ApplyTemplate = z.output<typeof applyTemplateBody>;

/** Has only those policy fields that the template has. */
export interface TemplateView extends Partial<PolicyView> {
  id: string;
  name: string;
  description: string;
  created_at: string;
  updated_at: string;
}

/** What one call did to the template's keys. Call again with `next_cursor` until it is null. */
export interface AppliedView {
  updated: number;
  /** Keys that had these values already. Their gates were told again. */
  unchanged: number;
  failed: number;
  left: number;
  next_cursor: string | null;
  failures: { id: string; error: { type: string; message: string } }[];
}

/** `applied` is present if the update asked for it. */
export interface UpdatedTemplateView extends TemplateView {
  applied?: AppliedView;
}
