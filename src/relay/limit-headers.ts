/**
 * What a key holder is told of limits in headers: those of their own key, as each client reads them. Pure. The names and
 * values are those that Claude Code documents for gateways (its own `GET /protocol` page) and Codex reads; what each then
 * shows is in docs/clients.md.
 */
import type { Face } from "../refusal.ts";
import type { Protocol } from "../vocabulary.ts";

type Headers = Record<string, string>;

/** Headers of a refusal because a limit of the key is used up; none for any other refusal. */
export function limitReached(protocol: Protocol, face: Face): Headers {
  if (face.status !== 429 || face.retryable) return {};
  switch (protocol) {
    case "anthropic":
      return face.budget === undefined ? {} : budgetReached(face.budget, face.resetAt);
    case "responses":
      // Codex shows no message of a usage limit, but this, in a sentence that it ends with when to come back.
      return { "x-codex-promo-message": `${firstSentence(face.message)}: ask its operator for more` };
    case "chat":
    case "gemini":
      return {};
  }
}

/**
 * Without `representative-claim` and `overage-status`: with them Claude Code makes up a line of its own, without them it
 * shows the refusal's words.
 */
function budgetReached(period: "daily" | "weekly" | null, resetAt: number | undefined): Headers {
  const prefix = "anthropic-ratelimit-unified";
  const reset = resetAt === undefined ? null : String(Math.ceil(resetAt / 1000));
  return {
    [`${prefix}-status`]: "rejected",
    [`${prefix}-overage-utilization`]: "1",
    [`${prefix}-overage-surpassed-threshold`]: "1",
    [`${prefix}-overage-disabled-reason`]: "org_spend_cap_reached",
    ...(period !== null && { [`${prefix}-overage-period`]: period }),
    ...(reset !== null && { [`${prefix}-reset`]: reset, [`${prefix}-overage-reset`]: reset }),
  };
}

/** Without its full stop, and in what a header can hold: models are named by clients. */
function firstSentence(text: string): string {
  const [first = ""] = text.split(/\.(?: |$)/);
  return first.replace(/[^ -~]/g, "?");
}
