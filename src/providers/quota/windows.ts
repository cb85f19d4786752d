/**
 * How much of its limits at the provider an account has used, window by window, as the provider's answers say. A hint for
 * ranking and a figure for people, never a reason to refuse: what is exhausted is known from the fault that says so (faults.ts).
 */
import { MINUTE_MS } from "../../ground/durations.ts";

/** Where a figure comes from: the headers of an answer, or the provider's own account of it, asked for by itself. */
export type QuotaSource = "headers" | "oauth/usage" | "retrieveUserQuota";

export interface QuotaWindow {
  /** By its length where it is one of time (`5h`, `7d`), with what it is for behind it (`7d_opus`); else as the provider names it. */
  name: string;
  /** The model family that it holds for, or another part of the use; null: all of it. */
  scope: string | null;
  /** The share that is used up, from 0; above 1 where the provider let more through. Null where it does not say. */
  used: number | null;
  /** The provider's own verdict, where it gives one. */
  status: "allowed" | "warning" | "rejected" | null;
  /** The provider's word for why it is closed. */
  reason: string | null;
  /** When it starts over, in milliseconds since the epoch; null where that is not said. */
  resetsAt: number | null;
  source: QuotaSource;
  /** In milliseconds since the epoch. */
  readAt: number;
}

/** What one answer says. */
export interface QuotaReading {
  windows: QuotaWindow[];
  /** The name of the window that decides at present, where the provider names one. */
  deciding: string | null;
}

/** All that is known of an account's quota. Stored as part of its health. */
export interface ProviderQuota extends QuotaReading {
  /** The provider was last asked for it, beside all requests: when, what was wrong, and before when it is not asked again. */
  asked: Asked | null;
}

export interface Asked {
  at: number;
  /** In words that hold nothing of the answer. */
  error: string | null;
  againAt: number;
}

/** How long to believe a window that does not say when it ends: an account ranked last is not asked again. */
const UNSAID_RESET_MS = MINUTE_MS;
/** Windows are named by the provider; none has more than a model each. */
const MOST_WINDOWS = 32;

/** The share of a window that counts as used up at `now`, 0 to 1: what has started over is free. */
export function usedAt({ used, status, resetsAt, readAt }: QuotaWindow, now: number): number {
  if ((resetsAt ?? readAt + UNSAID_RESET_MS) <= now) return 0;
  return status === "rejected" ? 1 : Math.min(1, used ?? 0);
}

/** The window as it is to be shown at `now`: of one that has started over the provider has said nothing yet. */
export function shownAt(window: QuotaWindow, now: number): QuotaWindow {
  const { used, resetsAt } = window;
  const startedOver = resetsAt !== null && resetsAt <= now;
  if (startedOver) return { ...window, used: used === null ? null : 0, status: null, reason: null };
  return used === null ? window : { ...window, used: Math.min(1, used) };
}

/** The window that leaves least to a request for a model of `family` (null: limits do not go by model); null where none is known. */
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
 * What is known after a reading. A window takes the place of the one of its name; the others stay until they start over, since an
 * answer about one model family may leave out another's. `known` undefined: stored by a version that knew no windows.
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

/** What is known after the provider was asked, whatever came of it. */
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

/** When the latest figure was read; 0 where there is none. */
export function lastReadAt(quota: ProviderQuota | null | undefined): number {
  return (quota?.windows ?? []).reduce((latest, { readAt }) => Math.max(latest, readAt), 0);
}

/** Whether the provider may be asked: no figure is younger than `maxAgeMs`, and it was not asked just now. */
export function isQuotaDue(quota: ProviderQuota | null | undefined, maxAgeMs: number, now: number): boolean {
  return lastReadAt(quota) <= now - maxAgeMs && (quota?.asked?.againAt ?? 0) <= now;
}

/** A window's length as its name says it: `5h`, `7d`. */
export function lengthName(minutes: number): string {
  if (minutes % 1440 === 0) return `${minutes / 1440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
