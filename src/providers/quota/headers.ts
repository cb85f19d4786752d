/** What the headers of an answer say about the account's limits, in the form of any of the providers. Pure. */
import { DAY_MS } from "../../ground/durations.ts";
import { ANTHROPIC_DIMENSIONS, amount, codexReset, moment, resetOf, unifiedWindows } from "../retry-after.ts";
import { claimedWindow, OVERAGE_WINDOW } from "./claude-claims.ts";
import { lengthName, type QuotaReading, type QuotaWindow } from "./windows.ts";

/** A window as a reader finds it. The source and the time are the same for all windows of an answer. */
type Found = Pick<QuotaWindow, "name" | "used" | "resetsAt"> & Partial<QuotaWindow>;

/** Some plans have windows of a month. */
const LONGEST_WINDOW_MS = 32 * DAY_MS;

/** Null if the answer says nothing about limits. `now` in milliseconds. */
export function quotaIn(headers: Headers, now: number): QuotaReading | null {
  const found = [
    ...unified(headers, now),
    ...dimensions(headers, now, ANTHROPIC_DIMENSIONS, (name, of) => `anthropic-ratelimit-${name}-${of}`),
    ...dimensions(headers, now, ["requests", "tokens"], (name, of) => `x-ratelimit-${of}-${name}`),
    ...codex(headers, now),
  ];
  if (found.length === 0) return null;
  const claim = headers.get("anthropic-ratelimit-unified-representative-claim");
  return {
    windows: found.map((window) => ({
      ...{ scope: null, status: null, reason: null, source: "headers", readAt: now },
      ...window,
    })),
    deciding: claim === null ? null : (claimedWindow(claim)?.name ?? null),
  };
}

/** The windows of a Claude subscription. */
function unified(headers: Headers, now: number): Found[] {
  const windows = unifiedWindows(headers, now).flatMap((window): Found[] => {
    const { name, family: scope, utilization: used, resetsAt } = window;
    const status = statusOf(window.status);
    return used === null && status === null ? [] : [{ name, scope, used, status, resetsAt }];
  });
  const overall = statusOf(read(headers, "status"));
  const overage = overageOf(headers, now);
  const found = overage ? [...windows, overage] : windows;
  // The verdict over all windows is used only if no window has a verdict of its own.
  if (overall === null || windows.some(({ status }) => status !== null)) return found;
  const whole = windows.filter(({ scope }) => scope === null);
  const fullest = whole.reduce<Found | null>((most, one) => ((one.used ?? 0) > (most?.used ?? -1) ? one : most), null);
  // A burst is refused although no window is used up, with the reset of one of them. That is held against none of the windows.
  if (!fullest || (overall === "rejected" && (fullest.used ?? 0) < 1))
    return [...found, { name: "unified", used: null, status: overall, resetsAt: null }];
  return found.map((window) => (window === fullest ? { ...window, status: overall } : window));
}

function overageOf(headers: Headers, now: number): Found | null {
  const status = statusOf(read(headers, "overage-status"));
  const used = amount(read(headers, "overage-utilization"));
  if (status === null && used === null) return null;
  const resetsAt = moment(read(headers, "overage-reset"), now, LONGEST_WINDOW_MS);
  return { ...OVERAGE_WINDOW, used, status, reason: wordOf(read(headers, "overage-disabled-reason")), resetsAt };
}

function read(headers: Headers, what: string): string | null {
  return headers.get(`anthropic-ratelimit-unified-${what}`);
}

/** The limits of an API key, by what is counted. */
function dimensions(
  headers: Headers,
  now: number,
  names: readonly string[],
  header: (name: string, of: "limit" | "remaining" | "reset") => string,
): Found[] {
  return names.flatMap((name) => {
    const limit = amount(headers.get(header(name, "limit")));
    const remaining = amount(headers.get(header(name, "remaining")));
    if (!limit || remaining === null) return [];
    const used = Math.max(0, 1 - remaining / limit);
    return [{ name, used, resetsAt: resetOf(headers.get(header(name, "reset")), now) }];
  });
}

const CODEX_PERCENT = /^x-codex-(?:([a-z\d-]{1,40})-)?(primary|secondary)-used-percent$/;

/** A ChatGPT subscription: two windows for all models, whose lengths depend on the plan, and two for each model with its own limit. */
function codex(headers: Headers, now: number): Found[] {
  if (!headers.has("x-codex-primary-used-percent") && !headers.has("x-codex-secondary-used-percent")) return [];
  return [...headers].flatMap(([header, value]): Found[] => {
    const [, limit, slot = ""] = CODEX_PERCENT.exec(header) ?? [];
    const percent = slot === "" ? null : amount(value);
    const place = limit === undefined ? slot : `${limit}-${slot}`;
    const minutes = amount(headers.get(`x-codex-${place}-window-minutes`));
    // A plan with one window sends zero minutes in the other slot.
    if (percent === null || minutes === 0) return [];
    const length = minutes === null ? slot : lengthName(minutes);
    const [name, scope] = limit === undefined ? [length, null] : [`${length}_${limit}`, limit];
    return [{ name, scope, used: percent / 100, resetsAt: codexReset(headers, place, now, LONGEST_WINDOW_MS) }];
  });
}

function statusOf(status: string | null): QuotaWindow["status"] {
  if (status === "allowed_warning") return "warning";
  return status === "allowed" || status === "rejected" ? status : null;
}

/** An identifier. Anything else is not repeated. */
function wordOf(value: string | null): string | null {
  return value !== null && /^[\w-]{1,60}$/.test(value) ? value : null;
}
