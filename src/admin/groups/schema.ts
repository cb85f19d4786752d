/** A group of accounts, which is a pool of its own, in the API. */
import * as z from "zod/mini";
import { textOf, trimmed } from "../../ground/shape.ts";
import { STRATEGIES, type Strategy } from "../../pool/strategy.ts";
import { idCursor, pageQuery, search } from "../api/paging.ts";

const name = trimmed(1, 100);
const strategy = z.enum(STRATEGIES);

/** With more accounts, the ranking for one request would take noticeable CPU time. */
export const MAX_MEMBERS = 500;
const accountIds = z.array(textOf(1, 100)).check(z.maxLength(MAX_MEMBERS));

export const createGroupBody = z.strictObject({
  name,
  strategy: z.optional(strategy),
  account_ids: z.optional(accountIds),
});

/** `account_ids`, if given, are all of its members. */
export const updateGroupBody = z.partial(createGroupBody);

export const groupMembersBody = z.strictObject({ account_ids: accountIds });

export const listGroupsQuery = z.extend(pageQuery, { cursor: idCursor("grp"), search });

export type CreateGroup = z.output<typeof createGroupBody>;
export type UpdateGroup = z.output<typeof updateGroupBody>;
export type ListGroups = z.output<typeof listGroupsQuery>;

export interface GroupView {
  id: string;
  name: string;
  strategy: Strategy;
  /** The accounts in it, oldest first. */
  account_ids: string[];
  created_at: string;
  updated_at: string;
}
