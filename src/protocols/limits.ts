/**
 * What a key holder is told of limits in headers: those of their own key, as each client reads them. Pure. What is the same
 * in several wire formats stands here, the rest is each format's own (`limits.ts` in its folder). The names and values are
 * those that Claude Code documents for gateways (its own `GET /protocol` page) and Codex reads; what each then shows is in
 * docs/clients.md.
 */
import type { Allowance } from "../ground/allowance.ts";
import type { Face } from "../refusal.ts";

export type HeaderValues = Record<string, string>;

export interface LimitHeaders {
  /** Headers of an answer: how far the key's own limits are used up; none for a key without limits. */
  used: (allowances: readonly Allowance[], now: number) => HeaderValues;
  /** Headers of a refusal because a limit of the key is used up (`isUsedUp`). */
  reached: (face: Face) => HeaderValues;
}

/** Whether a refusal is one because a limit of the key is used up, and no retry within the minute helps. */
export function isUsedUp(face: Face): boolean {
  return face.status === 429 && !face.retryable;
}

/** Unix seconds. */
export function seconds(at: number): string {
  return String(Math.ceil(at / 1000));
}

export interface WindowNames {
  header: (of: "limit" | "remaining" | "reset", what: "requests" | "tokens") => string;
  /** When a window ends, as the API writes it. */
  reset: (resetAt: number, now: number) => string;
}

/** OpenAI's, for Chat Completions and Responses. */
export const OPENAI_WINDOWS: WindowNames = {
  header: (of, what) => `x-ratelimit-${of}-${what}`,
  reset: (resetAt, now) => {
    const left = Math.max(0, Math.ceil((resetAt - now) / 1000));
    return left < 60 ? `${left}s` : `${Math.floor(left / 60)}m${left % 60}s`;
  },
};

/** The windows that the APIs have headers for; money has none. */
export function windowHeaders(
  allowances: readonly Allowance[],
  now: number,
  { header, reset }: WindowNames,
): HeaderValues {
  const headers: HeaderValues = {};
  for (const what of ["requests", "tokens"] as const) {
    const window = allowances.find(({ of }) => of === `window_${what}`);
    if (!window || window.resetAt === null) continue;
    headers[header("limit", what)] = String(window.limit);
    headers[header("remaining", what)] = String(Math.max(0, window.limit - window.used));
    headers[header("reset", what)] = reset(window.resetAt, now);
  }
  return headers;
}
