/**
 * What a rule of the fault table is made of, and when it applies. Holds no rule.
 */
import type { Platform } from "../../vocabulary.ts";
import type { Evidence, Transport } from "./evidence.ts";

export interface FaultRule {
  platforms: readonly Platform[];
  /** A stable name: in logs, in the request row and in the admin API. */
  condition: string;
  when: When;
  effect: Effect;
  /**
   * What the client is told when failover is exhausted. The relay's own words by default for what concerns the
   * pool's credentials (a client takes a 401 for its own) and for what no API client can read.
   */
  onExhausted?: "verbatim" | "relay_error";
}

/** All that is given must hold; of a list, one. */
export interface When {
  /** A status, or the first and the last of a range. */
  status?: number | readonly [number, number];
  typed?: readonly string[];
  prefix?: readonly string[];
  transport?: Transport;
  limit?: "account" | "family";
  challenge?: true;
  html?: true;
  daily?: true;
  dimension?: true;
  fast?: true;
}

export type Effect =
  /** The request is at fault: returned verbatim, no health changes, no other account is tried. */
  | { class: "request" }
  | {
      class: "credential";
      /**
       * What goes into cooldown. `family`: one model family (the key where the model has none). `nobody`: another account may
       * serve this request, and this one is no worse for it.
       */
      scope: "key" | "account" | "family" | "nobody";
      /**
       * `window`: until the limit that was hit starts over. `hint`, the default: as long as the response asks to be
       * left alone; its windows are not what it is about. Neither said: a growing guess. A number of milliseconds:
       * that long.
       */
      cooldown?: "window" | "hint" | number;
      /** Out of money rather than out of rate: the key goes to the end of its account's keys. */
      outOfQuota?: true;
      /** Ends when an administrator resets it. Only for what no passing of time repairs, and never on a bare 401. */
      permanent?: true;
    }
  | { class: "upstream" };

export function matches({ platforms, when }: FaultRule, evidence: Evidence): boolean {
  const { status, typed, prefix } = when;
  const [from, to] = typeof status === "number" ? [status, status] : (status ?? [0, Number.POSITIVE_INFINITY]);
  return (
    platforms.includes(evidence.platform) &&
    evidence.status >= from &&
    evidence.status <= to &&
    (when.transport === undefined || when.transport === evidence.transport) &&
    (when.limit === undefined || when.limit === evidence.limit?.of) &&
    (when.challenge === undefined || evidence.challenge) &&
    (when.html === undefined || evidence.html) &&
    (when.daily === undefined || evidence.daily) &&
    (when.dimension === undefined || evidence.dimension) &&
    (when.fast === undefined || evidence.fast) &&
    (typed === undefined || typed.some((word) => evidence.error.typed.has(word))) &&
    (prefix === undefined || prefix.some((start) => evidence.error.message.startsWith(start)))
  );
}
