/** "Who would serve this?": takes a key, a model and a wire format; tells for each account whether it would serve, or why not. */
import * as z from "zod/mini";
import { isAddress } from "../../ground/addresses.ts";
import { trimmed } from "../../ground/shape.ts";
import { PROTOCOLS, type Protocol } from "../../protocols/wire.ts";
import type { WhyNot } from "../../relay/who-serves.ts";
import type { Platform } from "../../vocabulary.ts";

export const routeQuery = z.strictObject({
  /** The key's id, or the key itself. */
  key: trimmed(1, 100),
  /** The name that a client uses. */
  model: trimmed(1, 200),
  /** The format that the client speaks. */
  protocol: z.enum(PROTOCOLS),
  /** The relay's name for it, such as `claude_code`. */
  client: z._default(trimmed(1, 100), "unknown"),
  /** The client's address, for keys with rules about it. */
  address: z.optional(z.string().check(z.refine(isAddress, "must be an IPv4 or IPv6 address"))),
});

export type ReadRoute = z.output<typeof routeQuery>;

export interface RouteAccountView {
  account_id: string;
  account_name: string;
  platform: Platform;
  kind: string;
  serves: boolean;
  /** From 1: its place in the order of tries. With `random` and `weighted` the order differs each time. */
  position: number | null;
  /** It comes last, because it is in a cooldown that the relay has guessed. */
  last_resort: boolean;
  /** The model that it would be asked for; below, the format, and whether that needs a translation. */
  model: string | null;
  protocol: Protocol | null;
  translated: boolean;
  /** Null for an account that serves. */
  why_not: WhyNot | null;
  /** When an unavailable account is back, as far as that is known. */
  until: string | null;
}

export interface RouteView {
  key_id: string;
  /** The path that was assumed. */
  path: string;
  /** The models that an alias stands for, in order. */
  chain: { model: string }[] | null;
  /** What the client would be told if the key's gate refuses. The accounts are listed all the same. */
  refusal: { reason: string; status: number; message: string } | null;
  /** First those that serve. Free places and daily quotas are not considered: only the Keepers know them, and they are not asked. */
  accounts: RouteAccountView[];
}
