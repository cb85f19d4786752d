/**
 * What a key holder is told of limits in headers: those of their own key, as each client reads them. Pure. The names and
 * values are those that Claude Code documents for gateways (its own `GET /protocol` page) and Codex reads; what each then
 * shows is in docs/client-behaviour.md.
 */
import type { Allowance } from "../gate/limits.ts";
import type { Face } from "../refusal.ts";
import type { Protocol } from "../vocabulary.ts";

type Headers = Record<string, string>;

/** Where Claude Code gives its two warnings. It does so only when told that the share has been passed. */
const THRESHOLDS = [0.95, 0.75];
const DAY_MINUTES = 24 * 60;

/** Headers of an answer: how far the key's own limits are used up; none for a key without limits. */
export function limitsUsed(protocol: Protocol, allowances: readonly Allowance[], now: number): Headers {
  const fullest = allowances.reduce<Allowance | null>(
    (most, each) => (most && share(most) >= share(each) ? most : each),
    null,
  );
  if (!fullest) return {};
  switch (protocol) {
    case "anthropic":
      return { ...unified(fullest), ...perWindow(allowances, now, ANTHROPIC) };
    case "responses":
      return { ...codexWindow(fullest), ...perWindow(allowances, now, OPENAI) };
    case "chat":
      return perWindow(allowances, now, OPENAI);
    case "gemini":
      return {};
  }
}

/** Of the key's limits the fullest, as the claim that says nothing of its period: Claude Code does sums with the others. */
function unified(fullest: Allowance): Headers {
  const used = share(fullest);
  const passed = THRESHOLDS.find((threshold) => used >= threshold);
  const status = passed === undefined ? "allowed" : "allowed_warning";
  const reset = fullest.resetAt === null ? null : seconds(fullest.resetAt);
  const prefix = "anthropic-ratelimit-unified";
  return {
    [`${prefix}-status`]: status,
    [`${prefix}-representative-claim`]: "overage",
    [`${prefix}-overage-status`]: status,
    // At 1 it is taken for used up, which it is not while requests are admitted.
    [`${prefix}-overage-utilization`]: Math.min(0.99, Math.floor(used * 100) / 100).toFixed(2),
    ...(passed !== undefined && { [`${prefix}-overage-surpassed-threshold`]: String(passed) }),
    ...(reset !== null && { [`${prefix}-reset`]: reset, [`${prefix}-overage-reset`]: reset }),
  };
}

/** Codex warns of the share that is left, by the length of the window. */
function codexWindow(fullest: Allowance): Headers {
  const minutes = { daily_cost: DAY_MINUTES, weekly_cost: 7 * DAY_MINUTES }[fullest.of as string];
  return {
    "x-codex-primary-used-percent": String(Math.min(99, Math.floor(share(fullest) * 100))),
    ...(minutes !== undefined && { "x-codex-primary-window-minutes": String(minutes) }),
    ...(fullest.resetAt !== null && { "x-codex-primary-reset-at": seconds(fullest.resetAt) }),
  };
}

interface Naming {
  header: (of: "limit" | "remaining" | "reset", what: "requests" | "tokens") => string;
  /** When a window ends, as the API writes it. */
  reset: (resetAt: number, now: number) => string;
}

const ANTHROPIC: Naming = {
  header: (of, what) => `anthropic-ratelimit-${what}-${of}`,
  reset: (resetAt) => new Date(resetAt).toISOString(),
};
const OPENAI: Naming = {
  header: (of, what) => `x-ratelimit-${of}-${what}`,
  reset: (resetAt, now) => {
    const left = Math.max(0, Math.ceil((resetAt - now) / 1000));
    return left < 60 ? `${left}s` : `${Math.floor(left / 60)}m${left % 60}s`;
  },
};

/** The windows that the APIs have headers for; money has none. */
function perWindow(allowances: readonly Allowance[], now: number, { header, reset }: Naming): Headers {
  const headers: Headers = {};
  for (const what of ["requests", "tokens"] as const) {
    const window = allowances.find(({ of }) => of === `window_${what}`);
    if (!window || window.resetAt === null) continue;
    headers[header("limit", what)] = String(window.limit);
    headers[header("remaining", what)] = String(Math.max(0, window.limit - window.used));
    headers[header("reset", what)] = reset(window.resetAt, now);
  }
  return headers;
}

function share({ used, limit }: Allowance): number {
  return limit > 0 ? used / limit : 1;
}

/** Unix seconds. */
function seconds(at: number): string {
  return String(Math.ceil(at / 1000));
}

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
  const reset = resetAt === undefined ? null : seconds(resetAt);
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
