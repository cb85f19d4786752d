/**
 * How much of its limits an account has used, from the headers of any response. A hint for ranking, never a reason
 * to refuse: what is exhausted is known from the fault that says so (faults.ts).
 */
import { ANTHROPIC_DIMENSIONS, amount, codexReset, resetOf, unifiedWindows } from "./retry-after.ts";

export interface Headroom {
  /** Share of the tightest window that is used up, 0 to 1. */
  used: number;
  /** The provider's own verdict, where it gives one. */
  status: "allowed" | "warning" | "rejected" | null;
  /** When that window starts over, in milliseconds since the epoch. */
  resetsAt: number;
}

interface Window {
  used: number;
  resetsAt: number | null;
}

/** How long to believe a window that does not say when it ends: an account ranked last is not asked again. */
const UNSAID_RESET_MS = 60_000;

/** Null where the response says nothing about limits. */
export function headroomOf(headers: Headers, now: number): Headroom | null {
  // Windows of one model family are left out: they say nothing about the account's other models.
  const unified = unifiedWindows(headers, now).filter(({ family }) => family === null);
  const windows: Window[] = [
    ...unified.flatMap(({ utilization, resetsAt }) => (utilization === null ? [] : [{ used: utilization, resetsAt }])),
    ...dimensions(headers, now, ANTHROPIC_DIMENSIONS, (name, of) => `anthropic-ratelimit-${name}-${of}`),
    ...dimensions(headers, now, ["requests", "tokens"], (name, of) => `x-ratelimit-${of}-${name}`),
    ...codexWindows(headers, now),
  ];
  const overall = headers.get("anthropic-ratelimit-unified-status");
  const statuses = unified.flatMap(({ status }) => status ?? []);
  const status = statusOf(statuses.length > 0 ? statuses : overall === null ? [] : [overall]);
  if (windows.length === 0 && status === null) return null;
  const unsaid: Window = { used: status === "rejected" ? 1 : 0, resetsAt: null };
  const tightest = windows.reduce((most, window) => (window.used > most.used ? window : most), windows[0] ?? unsaid);
  return { used: Math.min(1, tightest.used), status, resetsAt: tightest.resetsAt ?? now + UNSAID_RESET_MS };
}

/** The used share as it counts at `now`: what is unknown, or has started over since, counts as unused. */
export function usedAt(headroom: Headroom | null, now: number): number {
  return headroom === null || headroom.resetsAt <= now ? 0 : headroom.used;
}

function dimensions(
  headers: Headers,
  now: number,
  names: readonly string[],
  header: (name: string, of: "limit" | "remaining" | "reset") => string,
): Window[] {
  return names.flatMap((name) => {
    const limit = amount(headers.get(header(name, "limit")));
    const remaining = amount(headers.get(header(name, "remaining")));
    if (!limit || remaining === null) return [];
    const used = Math.max(0, 1 - remaining / limit);
    return [{ used, resetsAt: resetOf(headers.get(header(name, "reset")), now) }];
  });
}

function codexWindows(headers: Headers, now: number): Window[] {
  return ["primary", "secondary"].flatMap((slot) => {
    const percent = amount(headers.get(`x-codex-${slot}-used-percent`));
    // A plan with one window sends the other slot with zero minutes.
    if (percent === null || amount(headers.get(`x-codex-${slot}-window-minutes`)) === 0) return [];
    return [{ used: percent / 100, resetsAt: codexReset(headers, slot, now) }];
  });
}

function statusOf(statuses: readonly string[]): Headroom["status"] {
  if (statuses.includes("rejected")) return "rejected";
  if (statuses.includes("allowed_warning")) return "warning";
  return statuses.includes("allowed") ? "allowed" : null;
}
