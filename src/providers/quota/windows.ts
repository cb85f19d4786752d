/**
 * How much of its limits at the provider an account has used, window by window, as the provider's answers say. It is a hint for ranking
 * and a figure for people, but never a reason to refuse: that a limit is exhausted is known from the fault that says so (faults.ts).
 */
import { MINUTE_MS } from "../../ground/durations.ts";

/** The source of a figure: the headers of an answer, or the endpoint at which the provider reports the quota itself. */
export type QuotaSource = "headers" | "oauth/usage" | "retrieveUserQuota";

export interface QuotaWindow {
  /** A window of time is named by its length (`5h`, `7d`), followed by its scope if any (`7d_opus`); others as the provider names them. */
  name: string;
  /** The model family, or another part of the use, for which it holds; null: for all use. */
  scope: string | null;
  /** The used share, from 0; above 1 if the provider let more through. Null if it does not say. */
  used: number | null;
  /** The provider's own verdict, if it gives one. */
  status: "allowed" | "warning" | "rejected" | null;
  /** The provider's reason for closing it. */
  reason: string | null;
  /** When it starts over, in milliseconds since the epoch; null if unknown. */
  resetsAt: number | null;
  source: QuotaSource;
  /** In milliseconds since the epoch. */
  readAt: number;
}

/** What one answer says. */
export interface QuotaReading {
  windows: QuotaWindow[];
  /** The name of the window that decides at present, if the provider names one. */
  deciding: string | null;
}

/** All that is known of an account's quota. It is stored as part of the account's health. */
export interface ProviderQuota extends QuotaReading {
  /** The last time that the provider was asked for it separately: when, what went wrong, and until when it is not asked again. */
  asked: Asked | null;
}

export interface Asked {
  at: number;
  /** In words that contain nothing of the answer. */
  error: string | null;
  againAt: number;
}

/** How long a window counts that does not say when it ends: an account that is ranked last would bring no new figure. */
const UNSAID_RESET_MS = MINUTE_MS;
/** Providers choose the names of windows. None has more than one for each model. */
const MOST_WINDOWS = 32;

/** The share of a window that counts as used at `now`, 0 to 1. A window that has started over is unused. */
export function usedAt({ used, status, resetsAt, readAt }: QuotaWindow, now: number): number {
  if ((resetsAt ?? readAt + UNSAID_RESET_MS) <= now) return 0;
  return status === "rejected" ? 1 : Math.min(1, used ?? 0);
}

/** The window as it is shown at `now`. If it has started over, the provider has said nothing about it yet. */
export function shownAt(window: QuotaWindow, now: number): QuotaWindow {
  const { used, resetsAt } = window;
  const startedOver = resetsAt !== null && resetsAt <= now;
  if (startedOver) return { ...window, used: used === null ? null : 0, status: null, reason: null };
  return used === null ? window : { ...window, used: Math.min(1, used) };
}

/** The window that leaves the least for a model of `family` (null: limits do not go by model); null if none is known. */
export function tightestWindow(
  quota: ProviderQuota | null | undefined,
  family: string | null,
  now: number,
): QuotaWindow | null {
  let tightest: QuotaWindow | null = null;
  let most = -1;
  for (const window of quota?.windows ?? []) {
    if (window.scope !== null && window.scope !== family) continue;
    const used = usedAt(window, now);
    if (used > most) [tightest, most] = [window, used];
  }
  return tightest;
}

/**
 * What is known after a reading. A window replaces the one of its name. The others stay until they start over, because an answer about
 * one model family may leave out another's. `known` undefined: stored by a version that knew no windows.
 */
export function afterReading(
  known: ProviderQuota | null | undefined,
  { windows, deciding }: QuotaReading,
  now: number,
): ProviderQuota {
  const others = (known?.windows ?? []).filter(
    ({ name, resetsAt }) => resetsAt !== null && resetsAt > now && windows.every((window) => window.name !== name),
  );
  return {
    windows: [...windows, ...others].slice(0, MOST_WINDOWS),
    deciding: deciding ?? known?.deciding ?? null,
    asked: known?.asked ?? null,
  };
}

/** What is known after the provider was asked, whether or not it answered. */
export function afterAsking(
  known: ProviderQuota | null | undefined,
  { reading, asked }: { reading: QuotaReading | null; asked: Asked },
  now: number,
): ProviderQuota {
  const before = known ?? { windows: [], deciding: null, asked: null };
  return { ...(reading ? afterReading(before, reading, now) : before), asked };
}

/** Whether a window's use differs by `step` from what is known of the window of that name. */
export function hasMoved(
  known: ProviderQuota | null | undefined,
  { windows }: QuotaReading,
  step: number,
  now: number,
): boolean {
  return windows.some((window) => {
    const before = known?.windows.find(({ name }) => name === window.name);
    return Math.abs(usedAt(window, now) - (before ? usedAt(before, now) : 0)) >= step;
  });
}

/** When the latest figure was read; 0 if there is none. */
export function lastReadAt(quota: ProviderQuota | null | undefined): number {
  return (quota?.windows ?? []).reduce((latest, { readAt }) => Math.max(latest, readAt), 0);
}

/** Whether the provider may be asked: all figures are older than `maxAgeMs`, and it was not asked just now. */
export function isQuotaDue(quota: ProviderQuota | null | undefined, maxAgeMs: number, now: number): boolean {
  return lastReadAt(quota) <= now - maxAgeMs && (quota?.asked?.againAt ?? 0) <= now;
}

/** The name of a window of this length: `5h`, `7d`. */
export function lengthName(minutes: number): string {
  if (minutes % 1440 === 0) return `${minutes / 1440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
