/** The shape of re-sealing at the API's edge. Nothing that was sealed ever comes out. */
import * as z from "zod/mini";
import { whole } from "../../ground/shape.ts";
import type { Unopened } from "../../vault/seal.ts";
import { cursorOf, idCursor } from "../api/paging.ts";
import { readCursor } from "./cursor.ts";

/** A free Worker's invocation has 10 ms of CPU; opening and sealing a value took 0.12 ms of it in Node, on a slow core. */
const DEFAULT_LIMIT = 25;
/** A step's envelopes travel as one JSON parameter, and D1 takes 2 MB. */
const MAX_LIMIT = 100;

export const resealBody = z.strictObject({
  /** `next_cursor` of the step before. */
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

/** Where there are sealed values, in the API's words. The last two are in an account's Keeper. */
export type SealedPart = SealedTableName | "sign_ins" | "access_tokens";

/** A value that is as it was. */
export interface NotResealedView {
  part: SealedPart;
  /** Of the account, the key or the flow. */
  id: string;
  /** Which of the account's credentials, from 0; of no other part. */
  position?: number;
  /** The key that its envelope names; null where there is none to see. */
  key_id: string | null;
  reason:
    | Unopened
    /** Its account has a kind that this version does not know. */
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
  /** What others have replaced while this step ran; it is sealed under the newest key by that. */
  replaced_meanwhile: number;
  not_resealed: NotResealedView[];
  /** Of all steps so far. */
  total: { resealed: number; not_resealed: number };
  /** How many envelopes, and sign-ins, are still to be looked at. */
  left: number;
  /** To be sent as `cursor`; null: that was the last step. */
  next_cursor: string | null;
}

export interface SealsView {
  /** The ids of the keys in ENCRYPTION_KEY; the first one seals. */
  keys: string[];
  envelopes: EnvelopesView[];
  /** Accounts whose Keeper did not answer. */
  unreachable: string[];
  /** To be sent as `cursor`, for the sign-ins of more accounts; null: these were all. */
  next_cursor: string | null;
}

export interface EnvelopesView {
  part: SealedPart;
  /** Null where it is no envelope. */
  key_id: string | null;
  /** `newest`: nothing is to be done. `older`: to be re-sealed. `unknown`: no key in ENCRYPTION_KEY opens it. */
  state: "newest" | "older" | "unknown";
  count: number;
}
