/**
 * When an upstream says that it will serve again, in absolute milliseconds. Reads what the provider states and does not guess: a value
 * that is past, absurd or unreadable counts as not stated.
 *
 * The order goes from the specific to the general. A window that the provider itself calls exhausted is exact. `retry-after` is the
 * shortest wait that it promises to honour. The reset of a token bucket comes last, because a bucket refills all the time and names the
 * moment at which it is full again.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import { object } from "../ground/json.ts";
import { detailsOf, type ErrorBody, readErrorBody, violationsIn } from "./faults/error-body.ts";

/** The longest window of any provider is a week. One more day allows for clocks and time zones. */
export const LONGEST_RESET_MS = 8 * DAY_MS;

/** When the exhausted limit starts over, or null. `body` is the parsed body; `now` in milliseconds since the epoch. */
export function retryAt(headers: Headers, body: unknown, now: number): number | null {
  const error = readErrorBody(body);
  return (
    rejectedWindows(headers, now) ??
    quotaReset(error, now) ??
    retryHint(headers, body, now) ??
    codexWindows(headers, now) ??
    exhausted(headers, now, ANTHROPIC_DIMENSIONS, (name, of) => `anthropic-ratelimit-${name}-${of}`) ??
    exhausted(headers, now, ["requests", "tokens"], (name, of) => `x-ratelimit-${of}-${name}`) ??
    exhausted(headers, now, [""], (_, of) => `x-ratelimit-${of}`) ??
    unifiedReset(headers, now)
  );
}

/**
 * The wait that a response asks for, whatever it is about. Unlike `retryAt` it reads no window: an account with a spent weekly window
 * sends that along with a 500, which is over in seconds.
 */
export function retryHint(headers: Headers, body: unknown, now: number): number | null {
  return (
    after(now, amount(headers.get("retry-after-ms"))) ??
    retryAfter(headers.get("retry-after"), now) ??
    retryInfo(readErrorBody(body), now)
  );
}

/** One of Anthropic's subscription windows, as one response describes it. */
export interface UnifiedWindow {
  /** `5h` and `7d` hold for everything; `7d_opus`, `7d_sonnet` and `7d_oi` only for one model family. */
  name: string;
  /** The part after the underscore; null if the window holds for the whole account. */
  family: string | null;
  status: string | null;
  /** The used share, 0 to 1 and sometimes slightly above (measured on real traffic; it is no percentage). */
  utilization: number | null;
  resetsAt: number | null;
}

const WINDOW_HEADER = /^anthropic-ratelimit-unified-(\d{1,4}[hd](?:_([a-z]{1,40}))?)-(?:status|utilization|reset)$/;

export function unifiedWindows(headers: Headers, now: number): UnifiedWindow[] {
  const windows = new Map<string, UnifiedWindow>();
  for (const [header] of headers) {
    const [, name, family] = WINDOW_HEADER.exec(header) ?? [];
    if (name === undefined || windows.has(name)) continue;
    const read = (what: string) => headers.get(`anthropic-ratelimit-unified-${name}-${what}`);
    windows.set(name, {
      name,
      family: family ?? null,
      status: read("status"),
      utilization: amount(read("utilization")),
      resetsAt: moment(read("reset"), now),
    });
  }
  return [...windows.values()];
}

export const ANTHROPIC_DIMENSIONS = ["requests", "tokens", "input-tokens", "output-tokens"] as const;

/** A rejection of the whole account counts before one of a model family, which shows again once the account is back. */
function rejectedWindows(headers: Headers, now: number): number | null {
  const rejected = unifiedWindows(headers, now).filter(({ status }) => status === "rejected");
  const wide = rejected.filter(({ family }) => family === null);
  return latest((wide.length > 0 ? wide : rejected).map(({ resetsAt }) => resetsAt));
}

/**
 * The reset of the window that decided. A response that is refused although every window is `allowed` (a burst limit) has it too, hours
 * away. To believe it would put a healthy account into cooldown for an afternoon.
 */
function unifiedReset(headers: Headers, now: number): number | null {
  const status = headers.get("anthropic-ratelimit-unified-status");
  if (status !== "rejected" && (status !== null || unifiedWindows(headers, now).length > 0)) return null;
  return moment(headers.get("anthropic-ratelimit-unified-reset"), now);
}

function quotaReset({ error, details }: ErrorBody, now: number): number | null {
  // For an exhausted day Google sends a RetryInfo of a few seconds, but according to its documentation days end in California.
  if (violationsIn(details).some(({ quotaId }) => quotaId.includes("PerDay"))) return nextPacificMidnight(now);
  for (const info of detailsOf(details, "ErrorInfo")) {
    const metadata = object(info.metadata);
    const at =
      moment(metadata?.quotaResetTimeStamp, now) ?? after(now, duration(String(metadata?.quotaResetDelay ?? "")));
    if (at !== null) return at;
  }
  return moment(error?.resets_at, now) ?? after(now, times(amount(error?.resets_in_seconds), 1000));
}

function retryAfter(value: string | null, now: number): number | null {
  const seconds = amount(value);
  return seconds === null ? moment(value, now) : after(now, seconds * 1000);
}

function retryInfo({ details }: ErrorBody, now: number): number | null {
  return latest(detailsOf(details, "RetryInfo").map(({ retryDelay }) => after(now, duration(String(retryDelay)))));
}

function codexWindows(headers: Headers, now: number): number | null {
  return latest(
    ["primary", "secondary"].map((slot) => {
      return (amount(headers.get(`x-codex-${slot}-used-percent`)) ?? 0) < 100 ? null : codexReset(headers, slot, now);
    }),
  );
}

/** `slot` is `primary` or `secondary`. Their lengths depend on the plan. */
export function codexReset(
  headers: Headers,
  slot: string,
  now: number,
  withinMs: number = LONGEST_RESET_MS,
): number | null {
  const seconds = amount(headers.get(`x-codex-${slot}-reset-after-seconds`));
  return after(now, times(seconds, 1000), withinMs) ?? moment(headers.get(`x-codex-${slot}-reset-at`), now, withinMs);
}

/** The reset of the dimensions that have nothing left. Azure sends -1 if it does not know. */
function exhausted(
  headers: Headers,
  now: number,
  dimensions: readonly string[],
  header: (dimension: string, of: "remaining" | "reset") => string,
): number | null {
  return latest(
    dimensions.map((dimension) => {
      if (amount(headers.get(header(dimension, "remaining"))) !== 0) return null;
      return resetOf(headers.get(header(dimension, "reset")), now);
    }),
  );
}

/** The reset of one dimension: a duration, seconds (Azure), a date or unix time (OpenRouter). */
export function resetOf(value: string | null, now: number): number | null {
  return after(now, duration(value ?? "")) ?? after(now, times(amount(value), 1000)) ?? moment(value, now);
}

/** Unix seconds or milliseconds, ISO 8601 or an HTTP date; null unless it is in the future and within reach. */
export function moment(value: unknown, now: number, withinMs: number = LONGEST_RESET_MS): number | null {
  const number = typeof value === "number" ? value : amount(typeof value === "string" ? value : null);
  if (number !== null) return ahead(number < 1e11 ? number * 1000 : number, now, withinMs);
  const date = typeof value === "string" && /^(?:\d{4}-\d\d-\d\dT|[A-Z][a-z]{2,8}, )/.test(value.trim());
  return date ? ahead(Date.parse(value), now, withinMs) : null;
}

/** A count as providers write it in headers and bodies; null for anything but a plain number of at least zero. */
export function amount(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : null;
  return typeof value === "string" && /^\s*\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : null;
}

const UNIT_MS: Record<string, number> = {
  d: DAY_MS,
  h: HOUR_MS,
  m: MINUTE_MS,
  s: SECOND_MS,
  ms: 1,
  us: 0.001,
  ns: 1e-6,
};

/** A duration such as `1s`, `6m0s`, `20ms` or `0.5s`, in milliseconds. */
function duration(value: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|us|ns|[dhms]))+$/.test(value)) return null;
  let total = 0;
  for (const [, count, unit] of value.matchAll(/([\d.]+)(ms|us|ns|[dhms])/g)) {
    total += Number(count) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return total;
}

function times(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

function after(now: number, ms: number | null, withinMs: number = LONGEST_RESET_MS): number | null {
  return ms === null ? null : ahead(now + ms, now, withinMs);
}

function ahead(at: number, now: number, withinMs: number): number | null {
  return at > now && at - now <= withinMs ? Math.ceil(at) : null;
}

function latest(moments: readonly (number | null)[]): number | null {
  return moments.reduce((last, at) => (at === null || (last !== null && last >= at) ? last : at), null);
}

function nextPacificMidnight(now: number): number {
  const at = now + DAY_MS - pacificTimeOfDay(now);
  // On the two days on which the clocks change, this guess is an hour off, and is corrected here.
  const off = pacificTimeOfDay(at);
  return off > DAY_MS / 2 ? at + DAY_MS - off : at - off;
}

function pacificTimeOfDay(at: number): number {
  // Made only when it is needed, because its data would otherwise be loaded at the start of every isolate.
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: "America/Los_Angeles",
    hourCycle: "h23",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const [hours = 0, minutes = 0, seconds = 0] = clock.format(at).split(":").map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + (at % 1000);
}
