/**
 * Every way the relay says no, as one union, and its one public face: `describe` gives status, category and words,
 * and each wire format (src/protocols) puts them into its own envelope. A new reason does not compile until it has
 * a face here.
 */
import { formatUsd } from "./pricing/money.ts";
import type { Platform } from "./vocabulary.ts";

export type Refusal =
  | { reason: "key_missing" }
  | { reason: "key_invalid" }
  | { reason: "keys_disagree" }
  | { reason: "key_unknown" }
  | { reason: "key_disabled" }
  | { reason: "key_expired"; at: number }
  | { reason: "platform_denied"; platform: Platform }
  | { reason: "model_denied"; model: string }
  | { reason: "client_denied"; client: string }
  | { reason: "ip_denied" }
  | { reason: "concurrency"; limit: number }
  | { reason: "window"; of: "requests" | "tokens" | "cost"; limit: number; windowMs: number; resetAt: number }
  | { reason: "budget"; of: "day" | "week" | "total"; limitNanos: number; resetAt: number | null }
  | { reason: "token_budget"; limit: number }
  | { reason: "in_flight_reserved"; what: string }
  /** Its client had left before it was admitted: nobody reads this. */
  | { reason: "cancelled" }
  | { reason: "body_malformed"; detail: string }
  | { reason: "model_missing" }
  | { reason: "body_too_large"; limitBytes: number }
  | { reason: "encoding_unsupported"; encoding: string }
  | { reason: "websocket_unsupported" }
  | { reason: "route_unknown"; method: string; path: string }
  /** `retryAt`: when the first account comes back; null where nobody knows. */
  | { reason: "no_account"; platform: Platform; model: string; retryAt: number | null }
  | { reason: "upstream_unreachable"; detail: string }
  | { reason: "upstream_rejected_credential"; status: number }
  /** The upstream found fault with the request, in words that no API client can read (a proxy's page). */
  | { reason: "upstream_refused"; status: number }
  | { reason: "gate_unavailable" }
  /** A bug of ours; the log has it. */
  | { reason: "internal" };

/** What a refusal means to any client; each protocol has its own word for it. */
export type Category =
  | "invalid_request"
  | "authentication"
  | "billing"
  | "permission"
  | "not_found"
  | "too_large"
  | "rate_limit"
  | "upstream"
  | "overloaded";

export interface Face {
  status: number;
  category: Category;
  message: string;
  /** Seconds after which a retry may succeed. */
  retryAfter?: number;
  /** False where a retry cannot succeed: Claude Code otherwise repeats a 401 for three minutes (measured). */
  retryable: boolean;
}

/** Claude Code waits for up to 60 seconds when told to, and gives up at once above that (measured). */
const LONGEST_RETRY_AFTER_S = 60;
/** How long a client should wait for a lease to come free; nobody knows better. */
const LEASE_RETRY_AFTER_S = 2;

/** The public face of a refusal. `now` in milliseconds since the epoch. */
export function describe(refusal: Refusal, now: number): Face {
  switch (refusal.reason) {
    case "key_missing":
      return no(401, "authentication", "No API key: send your cr_ key as `x-api-key` or `Authorization: Bearer`.");
    case "key_invalid":
      return no(401, "authentication", "This API key was not issued by this relay, or it is damaged.");
    case "keys_disagree":
      return no(401, "authentication", "Two different API keys were sent with this request; send one.");
    case "key_unknown":
      return no(401, "authentication", "This API key does not exist, or it has been deleted.");
    case "key_disabled":
      return no(401, "authentication", "This API key is disabled.");
    case "key_expired":
      return no(401, "authentication", `This API key expired at ${iso(refusal.at)}.`);
    case "platform_denied":
      return no(403, "permission", `This API key may not use the platform "${refusal.platform}".`);
    case "model_denied":
      return no(403, "permission", `This API key may not use the model "${refusal.model}".`);
    case "client_denied":
      return no(403, "permission", `This API key may not be used with this client (${refusal.client}).`);
    case "ip_denied":
      return no(403, "permission", "This API key may not be used from this address.");
    case "concurrency":
      return later(
        `This API key may have ${counted(refusal.limit, "requests")} at a time (concurrency limit).`,
        LEASE_RETRY_AFTER_S,
      );
    case "window": {
      const amount = refusal.of === "cost" ? `$${formatUsd(refusal.limit)}` : counted(refusal.limit, refusal.of);
      const minutes = counted(refusal.windowMs / 60_000, "minutes");
      const message = `This API key may use ${amount} per ${minutes}; the window resets at ${iso(refusal.resetAt)}.`;
      return later(message, secondsUntil(refusal.resetAt, now));
    }
    case "budget": {
      const period = { day: "daily", week: "weekly", total: "total" }[refusal.of];
      const reset = refusal.resetAt === null ? "It does not reset." : `It resets at ${iso(refusal.resetAt)}.`;
      return no(
        402,
        "billing",
        `The ${period} limit of $${formatUsd(refusal.limitNanos)} of this API key is used up. ${reset}`,
      );
    }
    case "token_budget":
      return no(
        402,
        "billing",
        `The total limit of ${refusal.limit} tokens of this API key is used up. It does not reset.`,
      );
    case "in_flight_reserved":
      return later(
        `What is left of ${refusal.what} may already be needed by this key's requests in flight; try again when one ends.`,
        LEASE_RETRY_AFTER_S,
      );
    case "cancelled":
      return no(499, "invalid_request", "The client closed the request before it was admitted.");
    case "body_malformed":
      return no(400, "invalid_request", `The request body is not valid JSON: ${refusal.detail}.`);
    case "model_missing":
      return no(400, "invalid_request", "model: a non-empty string is required.");
    case "body_too_large":
      return no(413, "too_large", `The request body is larger than ${Math.floor(refusal.limitBytes / 1_000_000)} MB.`);
    case "encoding_unsupported":
      return no(
        415,
        "invalid_request",
        `The content-encoding "${refusal.encoding}" is not supported; use gzip, zstd, br or none.`,
      );
    case "websocket_unsupported":
      return no(426, "invalid_request", "WebSockets are not served here; use HTTP with server-sent events.");
    case "route_unknown":
      return no(404, "not_found", `There is no ${refusal.method} ${refusal.path} here.`);
    case "no_account": {
      const message = `No ${refusal.platform} account of this relay can serve the model "${refusal.model}" at the moment.`;
      // Limited accounts come back at a known time, and clients wait for a 429 as they do for a provider's own.
      if (refusal.retryAt !== null) return later(message, secondsUntil(refusal.retryAt, now));
      return { status: 503, category: "overloaded", message, retryAfter: 30, retryable: true };
    }
    case "upstream_unreachable":
      return { status: 502, category: "upstream", message: `The upstream failed: ${refusal.detail}.`, retryable: true };
    case "upstream_rejected_credential":
      return no(
        502,
        "upstream",
        `The upstream refused this relay's own account (status ${refusal.status}); its operator has to see to it.`,
      );
    case "upstream_refused":
      return no(
        refusal.status,
        categoryOf(refusal.status),
        `The upstream refused the request (status ${refusal.status}).`,
      );
    case "internal":
      return { status: 500, category: "upstream", message: "The relay failed at this request.", retryable: true };
    case "gate_unavailable":
      return {
        status: 503,
        category: "overloaded",
        message: "The relay cannot check this key's limits at the moment.",
        retryAfter: 5,
        retryable: true,
      };
  }
}

function categoryOf(status: number): Category {
  if (status === 413) return "too_large";
  return status === 404 ? "not_found" : "invalid_request";
}

function no(status: number, category: Category, message: string): Face {
  return { status, category, message, retryable: false };
}

/** 429 with a hint. A wait above a minute is not announced as one: clients give up on it, and fail with our words. */
function later(message: string, seconds: number): Face {
  const retryAfter = Math.min(LONGEST_RETRY_AFTER_S, Math.max(1, Math.ceil(seconds)));
  return { status: 429, category: "rate_limit", message, retryAfter, retryable: seconds <= LONGEST_RETRY_AFTER_S };
}

/** `counted(1, "requests")` is "1 request". */
function counted(amount: number, noun: string): string {
  return `${amount} ${amount === 1 ? noun.slice(0, -1) : noun}`;
}

function secondsUntil(at: number, now: number): number {
  return (at - now) / 1000;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
