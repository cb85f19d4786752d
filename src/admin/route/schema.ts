/** "Who would serve this?": a key, a model and a wire format in, each account with yes or why not out. */
import * as z from "zod/mini";
import { isAddress } from "../../ground/addresses.ts";
import { trimmed } from "../../ground/shape.ts";
import { PROTOCOLS, type Protocol } from "../../protocols/wire.ts";
import type { WhyNot } from "../../relay/who-serves.ts";
import type { Platform } from "../../vocabulary.ts";

export const routeQuery = z.strictObject({
  /** The key's id, or the key itself. */
  key: trimmed(1, 100),
  /** As a client names it. */
  model: trimmed(1, 200),
  /** The format that the client speaks. */
  protocol: z.enum(PROTOCOLS),
  /** As the relay recognises it, such as `claude_code`. */
  client: z._default(trimmed(1, 100), "unknown"),
  /** Where it comes from, for keys that ask for that. */
  address: z.optional(z.string().check(z.refine(isAddress, "must be an IPv4 or IPv6 address"))),
});

export type ReadRoute = z.output<typeof routeQuery>;

export interface RouteAccountView {
  account_id: string;
  account_name: string;
  platform: Platform;
  kind: string;
  serves: boolean;
  /** From 1: when it would be tried. Under `random` and `weighted` another time differs. */
  position: number | null;
  /** It comes last, in a cooldown that the relay has guessed. */
  last_resort: boolean;
  /** What it would be asked for, in which format, and whether that is a translation. */
  model: string | null;
  protocol: Protocol | null;
  translated: boolean;
  /** Null for one that serves. */
  why_not: WhyNot | null;
  /** When one that is unavailable is back, as far as is known. */
  until: string | null;
}

export interface RouteView {
  key_id: string;
  /** The path that was taken. */
  path: string;
  /** What an alias makes of the model, in order. */
  chain: { model: string }[] | null;
  /** What the client would be told, where the key's gate refuses; the accounts are told all the same. */
  refusal: { reason: string; status: number; message: string } | null;
  /** Those that serve first. Free places and daily quotas are the Keepers' to say, who are not asked. */
  accounts: RouteAccountView[];
}
