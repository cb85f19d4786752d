/** The shape of re-sealing in the API. It never returns anything that was sealed. */
import * as z from "zod/mini";
import { whole } from "../../ground/shape.ts";
import type { Unopened } from "../../vault/seal.ts";
import { cursorOf, idCursor } from "../api/paging.ts";
import { readCursor } from "./cursor.ts";

/** A free Worker's invocation has 10 ms of CPU. In Node on a slow core, opening and sealing a value took 0.12 ms of it. */
const DEFAULT_LIMIT = 25;
/** The envelopes of a step travel as one JSON parameter, and D1 accepts 2 MB. */
const MAX_LIMIT = 100;

export const resealBody = z.strictObject({
  /** The `next_cursor` of the step before. */
  cursor: cursorOf(500, readCursor),
  /** How many envelopes a step looks at. */
  limit: z._default(whole(1, MAX_LIMIT), DEFAULT_LIMIT),
});

export type ResealInput = z.output<typeof resealBody>;

export const sealsQuery = z.strictObject({ cursor: idCursor("acc") });

export type SealsInput = z.output<typeof sealsQuery>;

/** Tables that have sealed values. */
export type SealedTableName =
  | "credentials"
  | "api_keys"
  | "oauth_flows"
  | "egress_headers"
  | "alert_channels"
  | "key_secrets";

/** Where sealed values are, in the API's words. The last two are in an account's Keeper. */
export type SealedPart = SealedTableName | "sign_ins" | "access_tokens";

/** A value that was left unchanged. */
export interface NotResealedView {
  part: SealedPart;
  /** The id of the account, the key or the sign-in flow. */
  id: string;
  /** The place among the account's credentials, from 0; only for that part. */
  position?: number;
  /** The key that its envelope names; null if none can be read. */
  key_id: string | null;
  reason:
    | Unopened
    /** The kind of its account is unknown to this version. */
    | "unknown_kind"
    | "keeper_unreachable"
    /** The Keeper does not have the newest ENCRYPTION_KEY yet. */
    | "keeper_behind";
}

export interface ResealView {
  /** The id of the newest key. */
  key_id: string;
  /** What this step has re-sealed. */
  resealed: number;
  /** How many others have replaced while this step ran. They are sealed under the newest key by that. */
  replaced_meanwhile: number;
  not_resealed: NotResealedView[];
  /** The totals of all steps so far. */
  total: { resealed: number; not_resealed: number };
  /** How many envelopes and sign-ins are still to be looked at. */
  left: number;
  /** Send it as `cursor`; null: that was the last step. */
  next_cursor: string | null;
}

export interface SealsView {
  /** The ids of the keys in ENCRYPTION_KEY; the first one seals. */
  keys: string[];
  envelopes: EnvelopesView[];
  /** The accounts whose Keepers did not answer. */
  unreachable: string[];
  /** Send it as `cursor` for the sign-ins of more accounts; null: these were all. */
  next_cursor: string | null;
}

export interface EnvelopesView {
  part: SealedPart;
  /** Null if it is no envelope. */
  key_id: string | null;
  /** `newest`: nothing to do. `older`: to be re-sealed. `unknown`: no key in ENCRYPTION_KEY opens it. */
  state: "newest" | "older" | "unknown";
  count: number;
}
