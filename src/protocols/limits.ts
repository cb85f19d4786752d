/**
 * The headers that tell a key holder about the limits of their own key, in the form that each client reads. Pure. What several wire
 * formats share stands here, the rest is in each format's own `limits.ts`. The names and values are those that Claude Code
 * documents for gateways (its own `GET /protocol` page) and that Codex reads; docs/clients.md says what each client then shows.
 */
import type { Allowance } from "../ground/allowance.ts";
import type { Face } from "../refusal.ts";

export type HeaderValues = Record<string, string>;

export interface LimitHeaders {
  /** Headers of an answer: how much of the key's own limits is used up. A key without limits gets none. */
  used: (allowances: readonly Allowance[], now: number) => HeaderValues;
  /** Headers of a refusal that is due to a spent limit of the key (`isUsedUp`). */
  reached: (face: Face) => HeaderValues;
}

/** Whether a refusal is due to a spent limit of the key, so that no retry within the minute helps. */
export function isUsedUp(face: Face): boolean {
  return face.status === 429 && !face.retryable;
}

/** Unix seconds. */
export function seconds(at: number): string {
  return String(Math.ceil(at / 1000));
}

export interface WindowNames {
  header: (of: "limit" | "remaining" | "reset", what: "requests" | "tokens") => string;
  /** The end of a window, in the API's notation. */
  reset: (resetAt: number, now: number) => string;
}

/** OpenAI's names, for Chat Completions and Responses. */
export const OPENAI_WINDOWS: WindowNames = {
  header: (of, what) => `x-ratelimit-${of}-${what}`,
  reset: (resetAt, now) => {
    const left = Math.max(0, Math.ceil((resetAt - now) / 1000));
    return left < 60 ? `${left}s` : `${Math.floor(left / 60)}m${left % 60}s`;
  },
};

/** Headers of the windows that the APIs have headers for. There are none for money. */
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
