/**
 * Whose fault a failed try is, according to the table in faults/table.ts. Changes no health (src/pool/health.ts does), and does not
 * decide what the client is told (the relay does).
 */
import { type Evidence, evidenceOf, type FaultInput } from "./faults/evidence.ts";
import { type FaultRule, matches } from "./faults/rule.ts";
import { FAULTS } from "./faults/table.ts";
import { retryAt, retryHint } from "./retry-after.ts";

/** What goes into cooldown: see `Effect` (faults/rule.ts). */
export type FaultScope = "key" | "account" | "nobody" | { family: string };

interface FaultBase {
  /** The table's stable name for the fault. */
  condition: string;
  /** The upstream's status; 0 if it did not answer. */
  status: number;
  /** What the client is told once no account is left to try: the upstream's own error, or the relay's words. */
  onExhausted: "verbatim" | "relay_error";
}

export type Fault =
  | (FaultBase & { class: "request" })
  | (FaultBase & {
      class: "credential";
      scope: FaultScope;
      /** When the cooldown ends, in milliseconds since the epoch; null if that can only be guessed. */
      until: number | null;
      /** Whether the money, and not the rate, is used up. */
      outOfQuota: boolean;
      /** Whether it lasts until an administrator resets it. */
      permanent: boolean;
    })
  | (FaultBase & { class: "upstream"; until: number | null });

/** `now` in milliseconds since the epoch. Never throws, whatever the upstream sent. */
export function classify(input: FaultInput, now: number): Fault {
  const evidence = evidenceOf(input, now);
  const rule = FAULTS.find((candidate) => matches(candidate, evidence)) ?? NO_RULE;
  const { condition, effect } = rule;
  const base = { condition, status: input.status, onExhausted: onExhausted(rule, evidence) };
  switch (effect.class) {
    case "request":
      return { ...base, class: "request" };
    case "upstream":
      return { ...base, class: "upstream", until: retryHint(input.headers, evidence.body, now) };
    case "credential": {
      const { cooldown = "hint", outOfQuota = false, permanent = false } = effect;
      const scope = effect.scope === "family" ? familyScope(evidence) : effect.scope;
      const ends = scope !== "nobody" && !permanent;
      const until = ends ? endOf(cooldown, input.headers, evidence.body, now) : null;
      return { ...base, class: "credential", scope, until, outOfQuota, permanent };
    }
  }
}

/** Never applies, because the last rule of the table covers everything. */
const NO_RULE: FaultRule = { platforms: [], condition: "unusable_answer", when: {}, effect: { class: "upstream" } };

function endOf(cooldown: "window" | "hint" | number, headers: Headers, body: unknown, now: number): number | null {
  if (typeof cooldown === "number") return now + cooldown;
  return cooldown === "window" ? retryAt(headers, body, now) : retryHint(headers, body, now);
}

function familyScope({ family: asked, limit }: Evidence): FaultScope {
  const named = limit?.of === "family" ? limit.family : null;
  const family = named ?? asked;
  return family === null ? "key" : { family };
}

function onExhausted(rule: FaultRule, { html, transport }: Evidence): Fault["onExhausted"] {
  // API clients cannot read the page of a proxy.
  if (html || transport !== null) return "relay_error";
  return rule.onExhausted ?? (rule.effect.class === "request" ? "verbatim" : "relay_error");
}
