/**
 * What a rule of the fault table consists of, and when it applies. The rules themselves are in table.ts.
 */
import type { Platform } from "../../vocabulary.ts";
import type { Evidence, Transport } from "./evidence.ts";

export interface FaultRule {
  platforms: readonly Platform[];
  /** A stable name, used in logs, in the request row and in the admin API. */
  condition: string;
  when: When;
  effect: Effect;
  /**
   * What the client is told once no account is left to try. By default it is the relay's own words for what concerns the pool's
   * credentials (a client would take a 401 for its own) and for what no API client can read.
   */
  onExhausted?: "verbatim" | "relay_error";
}

/** All given conditions must hold; of a list, one. */
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
  /** The request is at fault: it is returned verbatim, no health changes, and no other account is tried. */
  | { class: "request" }
  | {
      class: "credential";
      /**
       * What goes into cooldown. `family`: one model family (the key if the model has none). `nobody`: another account may serve this
       * request, but nothing is held against this one.
       */
      scope: "key" | "account" | "family" | "nobody";
      /**
       * `window`: until the exhausted limit starts over. `hint`, the default: as long as the response asks for; its windows are not
       * what it is about. If the response says neither, a guess that grows. A number: that many milliseconds.
       */
      cooldown?: "window" | "hint" | number;
      /** The money, not the rate, is used up: the key goes to the end of its account's keys. */
      outOfQuota?: true;
      /** Lasts until an administrator resets it. Only for what does not mend itself with time, and never for a bare 401. */
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
