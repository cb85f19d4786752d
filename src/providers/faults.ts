/**
 * Whose fault a failed try is, decided by the table in faults/table.ts. Does not punish anybody: that is the pool's
 * (src/pool/health.ts), and what the client hears is the relay's.
 */
import { type Evidence, evidenceOf, type FaultInput } from "./faults/evidence.ts";
import { matches, type Row } from "./faults/row.ts";
import { FAULTS } from "./faults/table.ts";
import { retryAt, retryHint } from "./retry-after.ts";

/** Who steps aside: see `Verdict` in the table. */
export type FaultScope = "key" | "account" | "nobody" | { family: string };

interface FaultBase {
  /** The table's stable name for it. */
  condition: string;
  /** What the upstream answered; 0 where it did not. */
  status: number;
  /** What the client is told when no other account answers: the upstream's own error, or the relay's words. */
  lastResort: "verbatim" | "relay_error";
}

export type Fault =
  | (FaultBase & { class: "request" })
  | (FaultBase & {
      class: "credential";
      scope: FaultScope;
      /** When it ends, in milliseconds since the epoch; null where only a guess is possible. */
      until: number | null;
      /** Out of money rather than out of rate. */
      outOfQuota: boolean;
      /** Until an administrator resets it. */
      permanent: boolean;
    })
  | (FaultBase & { class: "upstream"; until: number | null });

/** `now` in milliseconds since the epoch. Never throws, whatever the upstream sent. */
export function classify(input: FaultInput, now: number): Fault {
  const evidence = evidenceOf(input, now);
  const row = FAULTS.find((candidate) => matches(candidate, evidence)) ?? NO_ROW;
  const { condition, verdict } = row;
  const base = { condition, status: input.status, lastResort: lastResort(row, evidence) };
  switch (verdict.class) {
    case "request":
      return { ...base, class: "request" };
    case "upstream":
      return { ...base, class: "upstream", until: retryHint(input.headers, evidence.body, now) };
    case "credential": {
      const { coolDown = "hint", outOfQuota = false, permanent = false } = verdict;
      const scope = verdict.scope === "family" ? familyScope(evidence) : verdict.scope;
      const ends = scope !== "nobody" && !permanent;
      const until = ends ? endOf(coolDown, input.headers, evidence.body, now) : null;
      return { ...base, class: "credential", scope, until, outOfQuota, permanent };
    }
  }
}

/** The table ends with a row for everything. */
const NO_ROW: Row = { platforms: [], condition: "unusable_answer", when: {}, verdict: { class: "upstream" } };

function endOf(coolDown: "window" | "hint" | number, headers: Headers, body: unknown, now: number): number | null {
  if (typeof coolDown === "number") return now + coolDown;
  return coolDown === "window" ? retryAt(headers, body, now) : retryHint(headers, body, now);
}

function familyScope({ family: asked, limit }: Evidence): FaultScope {
  const named = limit?.of === "family" ? limit.family : null;
  const family = named ?? asked;
  return family === null ? "key" : { family };
}

function lastResort(row: Row, { html, transport }: Evidence): Fault["lastResort"] {
  // A page of a proxy is nothing that an API client can read.
  if (html || transport !== null) return "relay_error";
  return row.lastResort ?? (row.verdict.class === "request" ? "verbatim" : "relay_error");
}
