/** The shape of an upstream account at the API's edge. Secrets go in and never come out. */
import { z } from "zod";
import type { Platform } from "../../vocabulary.ts";
import { multiplier } from "../api/money.ts";
import { idCursor, pageQuery, search } from "../api/page.ts";
import type { AccountStandingView } from "./health-schema.ts";
import { type AccountPoolView, accountPoolFields } from "./pool-schema.ts";

/** Visible ASCII: an upstream key travels in a header. Surrounding white space is a paste accident. */
const secret = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,4096}$/, "must be visible ASCII characters without spaces");

const model = z.string().trim().min(1).max(200);

const editable = {
  name: z.string().trim().min(1).max(100),
  /** Without it the platform's official address is used; normalised and checked before it is stored. */
  base_url: z.string().trim().min(1).max(2_000).optional(),
  api_key: secret.optional(),
  api_keys: z.array(secret).min(1).max(50).optional(),
  priority: z.number().int().min(0).max(1_000).optional(),
  weight: z.number().int().min(1).max(1_000).optional(),
  max_concurrency: z.number().int().min(1).max(10_000).nullable().optional(),
  schedulable: z.boolean().optional(),
  cost_multiplier: multiplier.optional(),
  model_mapping: z.record(model, model).optional(),
  extra_headers: z.record(z.string(), z.string()).optional(),
  note: z.string().max(2_000).optional(),
  ...accountPoolFields,
};

export const createAccountBody = z.strictObject({
  ...editable,
  /** Which pairs there are is said by `../account-kinds.ts`. */
  platform: z.string().max(50),
  kind: z.string().max(50),
});

export const updateAccountBody = z.strictObject(editable).partial();

export const listAccountsQuery = pageQuery.extend({ cursor: idCursor("acc"), search });

export type CreateAccount = z.output<typeof createAccountBody>;
export type UpdateAccount = z.output<typeof updateAccountBody>;
export type ListAccounts = z.output<typeof listAccountsQuery>;

export interface AccountView extends AccountPoolView, AccountStandingView {
  id: string;
  name: string;
  platform: Platform;
  kind: string;
  base_url: string;
  /** In the order in which they are tried. */
  api_keys: { hint: string }[];
  /** The groups that it is in, oldest first. */
  group_ids: string[];
  priority: number;
  weight: number;
  max_concurrency: number | null;
  schedulable: boolean;
  /** A factor on the list price, not money. */
  cost_multiplier: number;
  model_mapping: Record<string, string>;
  extra_headers: Record<string, string>;
  note: string;
  created_at: string;
  updated_at: string;
}
