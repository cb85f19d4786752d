/** The shape of a relay key in the API. `fields.ts` has its fields. */
import * as z from "zod/mini";
import { KEY_STATES, type KeyState } from "../../gate/standing.ts";
import type { Allowance } from "../../ground/allowance.ts";
import { textOf, trimmed, whole } from "../../ground/shape.ts";
import { schemasOf, type View } from "../api/fields.ts";
import { cursorOf, NOT_OURS, type Page, pageQuery, search } from "../api/paging.ts";
import { days, hours, MAX_TAGS, type PolicyView, policySchemas, RECORD_FIELDS, tag } from "./fields.ts";

const name = trimmed(1, 100);

const fields = { ...schemasOf(RECORD_FIELDS), ...policySchemas };

/** The name of a template. The given fields count before the template's. */
const tier = trimmed(1, 100);

export const createApiKeyBody = z.strictObject({ name, ...fields, rate_limit_tier: z.optional(tier) });

/** A field that is left out stays unchanged; null removes a limit (or the template); a list replaces the list. */
export const updateApiKeyBody = z.strictObject({
  name: z.optional(name),
  ...fields,
  rate_limit_tier: z.optional(z.nullable(tier)),
});

export const MAX_BULK = 100;

const ids = z.array(textOf(1, 100)).check(z.minLength(1), z.maxLength(MAX_BULK));

/** The keys are named `<name_prefix>-1` … `<name_prefix>-<count>`, with leading zeros so that the names sort. */
export const createApiKeysBody = z.strictObject({
  count: whole(1, MAX_BULK),
  name_prefix: trimmed(1, 90),
  ...fields,
  rate_limit_tier: z.optional(tier),
});

/** Like `updateApiKeyBody` for every key. `tags` replaces a key's tags, then the other two add and remove some. */
export const updateApiKeysBody = z.strictObject({
  ids,
  ...fields,
  rate_limit_tier: z.optional(z.nullable(tier)),
  add_tags: z.optional(z.array(tag).check(z.maxLength(MAX_TAGS))),
  remove_tags: z.optional(z.array(tag).check(z.maxLength(MAX_TAGS))),
});

export const deleteApiKeysBody = z.strictObject({ ids });

export const extendApiKeyBody = z
  .strictObject({ days: z.optional(days), hours: z.optional(hours) })
  .check(z.refine(({ days, hours }) => (days === undefined) !== (hours === undefined), "give days or hours"));

export const API_KEY_STATUSES = [...KEY_STATES, "deleted", "all"] as const;

export const API_KEY_SORTS = ["created", "name", "last_used", "today_cost", "total_cost"] as const;

export const listApiKeysQuery = z
  .extend(pageQuery, {
    /** In the order of creation: where the list continues; in any other order: how many keys came before. */
    cursor: cursorOf(48, readCursor),
    search,
    /** Default: every key that is not deleted. */
    status: z.optional(z.enum(API_KEY_STATUSES)),
    owner: z.optional(trimmed(0, 200)),
    tag: z.optional(tag),
    sort: z._default(z.enum(API_KEY_SORTS), "created"),
    /** Default: names from A on, anything else from the newest or highest on. */
    order: z.optional(z.enum(["asc", "desc"])),
  })
  .check(
    z.refine(({ cursor, sort, order }) => !cursor || "id" in cursor === isByAge(sort, order), {
      path: ["cursor"],
      error: NOT_OURS,
    }),
  );

function readCursor(text: string): { skip: number } | { createdAt: number; id: string } | null {
  if (!/^(?:\d{1,15}\.[0-9a-f]{32}|\d{1,5})$/.test(text)) return null;
  const [number = "", id] = text.split(".");
  return id === undefined ? { skip: Number(number) } : { createdAt: Number(number), id };
}

/** Whether it is the order of the table's own index. */
export function isByAge(sort: (typeof API_KEY_SORTS)[number], order: "asc" | "desc" | undefined): boolean {
  return sort === "created" && order !== "asc";
}

export const readApiKeyQuery = z.strictObject({ reveal: z.optional(z.enum(["0", "1"])) });

export type UpdateApiKey = z.output<typeof updateApiKeyBody>;
export type CreateApiKey = z.output<typeof createApiKeyBody>;
export type CreateApiKeys = z.output<typeof createApiKeysBody>;
export type UpdateApiKeys = z.output<typeof updateApiKeysBody>;
export type DeleteApiKeys = z.output<typeof deleteApiKeysBody>;
export type ExtendApiKey = z.output<typeof extendApiKeyBody>;
export type ListApiKeys = z.output<typeof listApiKeysQuery>;

export interface ApiKeyView extends View<typeof RECORD_FIELDS>, PolicyView {
  id: string;
  name: string;
  hint: string;
  /** False if the key's text is not known here, because it was imported by its digest. It cannot be shown. */
  revealable: boolean;
  /** The name of its template. */
  rate_limit_tier: string | null;
  created_at: string;
  updated_at: string;
  /** The relay that made it, if it was imported with its old value. */
  imported_from: string | null;
  deleted_at: string | null;
}

/** The state of a key, as its gate reports it. */
export interface ApiKeyStandingView {
  /** `unknown`: the key was used before its gate reported for the first time. */
  state: KeyState | "deleted" | "unknown";
  /** The limit that is used up. */
  state_limit: Allowance["of"] | null;
  /** When the state ends by itself; null: it does not. */
  state_until: string | null;
  /** When the gate reported it; null: it never has, and the state comes from the key's record. Later bookings are not included. */
  state_as_of: string | null;
  today_cost_usd: string;
  week_cost_usd: string;
  total_cost_usd: string;
  total_requests: number;
  total_tokens: number;
  last_used_at: string | null;
  /** Null if the gate was not asked. */
  in_flight: number | null;
}

/** The budgets of a key (null: there is no such limit), and what of each is spent. */
export type KeyBudgetsView = Pick<
  ApiKeyView & ApiKeyStandingView,
  | "daily_cost_limit_usd"
  | "weekly_cost_limit_usd"
  | "total_cost_limit_usd"
  | "today_cost_usd"
  | "week_cost_usd"
  | "total_cost_usd"
>;

export interface ListedApiKeyView extends ApiKeyView, ApiKeyStandingView {}

export interface ApiKeyPage extends Page<ListedApiKeyView> {
  /** Set if more keys exist than are ranked. In an order other than that of creation, only the newest keys are ranked. */
  truncated: boolean;
}

/** The only answers that contain keys themselves: their creation, and an audited reveal. */
export interface ApiKeyWithSecretView extends ApiKeyView {
  api_key: string;
}

/** The result of a bulk change for one key. */
export interface ApiKeyOutcome {
  id: string;
  error: { type: string; message: string } | null;
}

export interface ApiKeyOutcomes {
  updated: number;
  failed: number;
  /** In the order of the request's ids, each once. */
  results: ApiKeyOutcome[];
}

/** A key's figures as its gate has them at this moment. D1 lags by up to a minute. */
export interface ApiKeyLiveView {
  in_flight: number;
  /** Null if the key has no rate-limit window. */
  window: { requests: number; tokens: number; cost_usd: string; resets_at: string } | null;
  today: { cost_usd: string; resets_at: string };
  week: { cost_usd: string; resets_at: string };
  total: { requests: number; tokens: number; cost_usd: string };
  activated_at: string | null;
  expires_at: string | null;
  /** Booked requests that are not in D1 yet. */
  unflushed: number;
  /** Booked requests that D1 has refused because of their content. The gate keeps them, and its log names them. */
  quarantined: number;
}
