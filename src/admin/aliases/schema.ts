/** The shape of an alias in the API. */
import * as z from "zod/mini";
import { textOf } from "../../ground/shape.ts";
import type { AliasTarget } from "../../vocabulary.ts";
import { idCursor, pageQuery, search } from "../api/paging.ts";
import { aliasName, aliasTargets } from "./fields.ts";

/** Each request for a model looks through all of them. */
export const MAX_ALIASES = 200;

export const createAliasBody = z.strictObject({
  name: aliasName,
  targets: aliasTargets,
  note: z.optional(textOf(0, 2_000)),
});

/** `targets`, if given, replace all former ones. */
export const updateAliasBody = z.partial(createAliasBody);

export const listAliasesQuery = z.extend(pageQuery, { cursor: idCursor("als"), search });

export type CreateAlias = z.output<typeof createAliasBody>;
export type UpdateAlias = z.output<typeof updateAliasBody>;
export type ListAliases = z.output<typeof listAliasesQuery>;

export interface AliasView {
  id: string;
  /** A name, or a pattern with `*`. */
  name: string;
  /** In the order in which they are tried. */
  targets: AliasTarget[];
  note: string;
  created_at: string;
  updated_at: string;
}
