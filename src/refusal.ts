/**
 * Every way the relay says no, as one union, and its one public face: `describe` gives status, category and words,
 * and each wire format (src/protocols) puts them into its own envelope. A new reason does not compile until it has
 * a face here.
 */
import { MINUTE_MS } from "./ground/durations.ts";
import { formatUsd } from "./pricing/money.ts";
import type { Aliases, Platform } from "./vocabulary.ts";

export type Refusal =
  | { reason: "key_missing" }
  | { reason: "key_invalid" }
  | { reason: "keys_disagree" }
  | { reason: "key_unknown" }
  | { reason: "key_disabled" }
  | { reason: "key_expired"; at: number }
  | { reason: "platform_denied"; platform: Platform }
  | { reason: "model_denied"; model: string }
  | { reason: "model_unpriced"; model: string }
  | { reason: "client_denied"; client: string }
  | { reason: "ip_denied" }
  | { reason: "concurrency"; limit: number }
  | { reason: "window"; of: "requests" | "tokens" | "cost"; limit: number; windowMs: number; resetAt: number }
  | { reason: "budget"; of: "day" | "week" | "total"; limitNanos: number; resetAt: number | null }
  | { reason: "token_budget"; limit: number }
  | { reason: "in_flight_reserved"; what: string }
  /** The request was planned with other aliases than its key has: for the Worker, which plans it again. */
  | { reason: "aliases_differ"; aliases: Aliases }
  /** Its client had left before it was admitted: nobody reads this. */
  | { reason: "cancelled" }
  | { reason: "body_malformed"; detail: string }
  | { reason: "model_missing" }
  /** A member that is read here stands in the body in a way that others could read differently, or has no such value. */
  | { reason: "member_refused"; member: string; detail: string }
  /** The accounts that serve the model speak another format, and the body is too large to be translated. */
  | { reason: "untranslatable"; limitBytes: number }
  | { reason: "query_refused"; name: string }
  | { reason: "form_unsupported" }
  | { reason: "form_malformed"; detail: string }
  /** A Responses body where Chat Completions are served: Cursor sends such. */
  | { reason: "responses_in_chat" }
  | { reason: "body_too_large"; limitBytes: number }
  /** The bodies that this isolate holds leave no room for another. */
  | { reason: "bodies_in_flight" }
  | { reason: "unmetered_rate" }
  /** A key's own figures are asked for too often: from one address, or (`resetAt`) under one key for today. */
  | { reason: "figures_rate"; resetAt: number | null }
  | { reason: "encoding_unsupported"; encoding: string }
  | { reason: "websocket_unsupported" }
  | { reason: "route_unknown"; method: string; path: string }
  /** None of the accounts that the key may use serves the model, well or not. */
  | { reason: "model_unserved"; platform: Platform; model: string }
  /** The accounts that serve the model were signed in to for certain clients, and serve no other. */
  | { reason: "client_unserved"; model: string; client: string; served: readonly string[] }
  /** They are somebody's own. */
  | { reason: "owner_unserved"; model: string }
  /** `retryAt`: when the first account that serves it comes back; null where an operator has to see to all of them. */
  | { reason: "no_account"; platform: Platform; model: string; retryAt: number | null }
  /** Nobody knows which accounts there are: D1 does not answer. */
  | { reason: "accounts_unavailable" }
  /** A stored response that this key has not made, or not lately; `asked`: it was asked for, not gone on from. */
  | { reason: "response_unknown"; id: string; asked: boolean }
  | { reason: "upstream_unreachable"; detail: string }
  | { reason: "upstream_rejected_credential"; status: number }
  /** The upstream found fault with the request, in words that no API client can read (a proxy's page). */
  | { reason: "upstream_refused"; status: number }
  | { reason: "gate_unavailable" }
  /** Cloudflare runs no objects any more today, so nobody can hold the limits of a key: the free plan's allowance is used up. */
  | { reason: "allowance_used_up"; resetAt: number }
  /** A bug of ours; the log has it. */
  | { reason: "internal" };

/** What a refusal means to any client; each protocol has its own word for it. */
export type Category =
  | "invalid_request"
  | "authentication"
  | "billing"
  | "permission"
  | "not_found"
  | "model_not_found"
  | "previous_response_not_found"
  | "too_large"
  | "rate_limit"
  | "upstream"
  | "overloaded";

/** Statuses and headers are chosen by what the real clients show and do: docs/client-behaviour.md has the measurements. */
export interface Face {
  status: number;
  category: Category;
  message: string;
  /** Seconds after which a retry may succeed. */
  retryAfter?: number;
  /** False where a retry within the minute cannot succeed: Claude Code otherwise repeats a 401 for three minutes. */
  retryable: boolean;
  /** When what is used up is there again, in milliseconds since the epoch. */
  resetAt?: number;
  /** What is used up is a budget of the key's own: how often it starts over, null: never. */
  budget?: "daily" | "weekly" | null;
}

/** Claude Code waits for up to 60 seconds when told to, and gives up at once above that (measured). */
const LONGEST_WAIT_S = 60;
/** How soon D1 or an object that does not answer is worth another try. */
const STORAGE_RETRY_AFTER_S = 5;
/**
 * What is wrong is on the relay's other side and stays so until its operator has been there. Gemini CLI repeats every
 * 5xx for four minutes and Codex thirty times; all clients take this one as final and show its words.
 */
const FAILED_DEPENDENCY = 424;
/** Claude Code puts "Please run /login" before a 403. */
const NO_SIGN_IN = "Signing in again does not change that.";
/** How long a client should wait for a lease to come free; nobody knows better. */
const LEASE_RETRY_AFTER_S = 2;
/** The rate is by the minute, in steps that Cloudflare does not tell. */
const UNMETERED_RETRY_AFTER_S = 10;

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
      return no(403, "permission", `This API key may not use the platform "${refusal.platform}". ${NO_SIGN_IN}`);
    case "model_denied":
      // As the providers say it of a model that one has no access to; Claude Code then offers /model, not /login.
      return no(404, "model_not_found", `This API key may not use the model "${refusal.model}".`);
    case "model_unpriced":
      return no(
        404,
        "model_not_found",
        `This API key may not use the model "${refusal.model}", because this relay knows no price of it.`,
      );
    case "client_denied":
      return no(403, "permission", `This API key may not be used with this client (${refusal.client}). ${NO_SIGN_IN}`);
    case "ip_denied":
      return no(403, "permission", `This API key may not be used from this address. ${NO_SIGN_IN}`);
    case "concurrency":
      return later(
        `This API key may have ${counted(refusal.limit, "requests")} at a time (concurrency limit).`,
        LEASE_RETRY_AFTER_S,
      );
    case "window": {
      const amount = refusal.of === "cost" ? `$${formatUsd(refusal.limit)}` : counted(refusal.limit, refusal.of);
      const minutes = counted(refusal.windowMs / MINUTE_MS, "minutes");
      const message = `This API key may use ${amount} per ${minutes}; the window resets at ${iso(refusal.resetAt)}.`;
      return until(refusal.resetAt, message, now);
    }
    case "budget": {
      const period = { day: "daily", week: "weekly", total: null } as const;
      const reset = refusal.resetAt === null ? "It does not reset." : `It resets at ${iso(refusal.resetAt)}.`;
      const message = `The ${period[refusal.of] ?? "total"} limit of $${formatUsd(refusal.limitNanos)} of this API key is used up. ${reset}`;
      return spent(message, period[refusal.of], refusal.resetAt, now);
    }
    case "token_budget": {
      const message = `The total limit of ${refusal.limit} tokens of this API key is used up. It does not reset.`;
      return spent(message, null, null, now);
    }
    case "in_flight_reserved":
      return later(
        `What is left of ${refusal.what} may already be needed by this key's requests in flight; try again when one ends.`,
        LEASE_RETRY_AFTER_S,
      );
    case "aliases_differ":
      return unavailable("What models this API key may use has just been changed.");
    case "cancelled":
      return no(499, "invalid_request", "The client closed the request before it was admitted.");
    case "body_malformed":
      return no(400, "invalid_request", `The request body is not valid JSON: ${refusal.detail}.`);
    case "model_missing":
      return no(400, "invalid_request", "model: a non-empty string is required.");
    case "member_refused":
      return no(400, "invalid_request", `${refusal.member}: ${refusal.detail}.`);
    case "query_refused":
      return no(400, "invalid_request", `The query parameter "${refusal.name}" is not served with this value.`);
    case "form_unsupported":
      return no(415, "invalid_request", "This endpoint takes JSON, not a multipart form.");
    case "form_malformed":
      return no(400, "invalid_request", `The multipart form cannot be read: ${refusal.detail}.`);
    case "responses_in_chat":
      return no(
        400,
        "invalid_request",
        "messages: required here. This body has `input`, as the Responses API does: send it to /v1/responses.",
      );
    case "untranslatable":
      return no(
        413,
        "too_large",
        `The accounts that serve this model speak another format, and a body of more than ${Math.floor(refusal.limitBytes / 1_000_000)} MB, or of hundreds of thousands of values, is not translated.`,
      );
    case "body_too_large":
      return no(413, "too_large", `The request body is larger than ${Math.floor(refusal.limitBytes / 1_000_000)} MB.`);
    case "bodies_in_flight":
      return {
        status: 503,
        category: "overloaded",
        message: "Too many bytes of request bodies are under way here; try again when one has been sent on.",
        retryAfter: LEASE_RETRY_AFTER_S,
        retryable: true,
      };
    case "unmetered_rate":
      return later("This API key counts and lists too often; try again in a moment.", UNMETERED_RETRY_AFTER_S);
    case "figures_rate": {
      const { resetAt } = refusal;
      return resetAt === null
        ? later(
            "Figures of keys are asked for too often from this address; try again in a moment.",
            UNMETERED_RETRY_AFTER_S,
          )
        : later(
            `The days, models and requests of this API key have been read as often as one day allows; that starts over at ${iso(resetAt)}.`,
            secondsUntil(resetAt, now),
          );
    }
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
    case "model_unserved": {
      // A list of models is about none.
      const serves = refusal.model === "" ? "is in service" : `serves the model "${refusal.model}"`;
      const message = `No ${refusal.platform} account of this relay that this API key may use ${serves}.`;
      return no(404, "model_not_found", message);
    }
    case "client_unserved":
      return no(
        403,
        "permission",
        `${accountsFor(refusal.model)} are subscriptions, which serve only the client they were issued for (${refusal.served.join(", ")}), not this one (${refusal.client}). ${NO_SIGN_IN}`,
      );
    case "owner_unserved":
      return no(
        403,
        "permission",
        `${accountsFor(refusal.model)} are somebody's own subscriptions, and not shared with the owner of this API key. ${NO_SIGN_IN}`,
      );
    case "no_account": {
      const accounts = `${refusal.platform} accounts of this relay that serve the model "${refusal.model}"`;
      if (refusal.retryAt === null) {
        return no(
          FAILED_DEPENDENCY,
          "upstream",
          `The ${accounts} are out of service; its operator has to see to them.`,
        );
      }
      // Limited accounts come back at a known time, and clients wait for a 429 as they do for a provider's own.
      return until(refusal.retryAt, `The ${accounts} are all busy or at their limits at the moment.`, now);
    }
    case "accounts_unavailable":
      return unavailable("The relay cannot read its accounts at the moment.");
    case "response_unknown":
      // OpenAI's own words and statuses: 404 for a look, 400 for a continuation, on which its clients send all again.
      return refusal.asked
        ? no(404, "not_found", `Response with id '${refusal.id}' not found.`)
        : no(400, "previous_response_not_found", `Previous response with id '${refusal.id}' not found.`);
    case "upstream_unreachable":
      return { status: 502, category: "upstream", message: `The upstream failed: ${refusal.detail}.`, retryable: true };
    case "upstream_rejected_credential":
      return no(
        FAILED_DEPENDENCY,
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
      return unavailable("The relay cannot check this key's limits at the moment.");
    case "allowance_used_up":
      return no(
        FAILED_DEPENDENCY,
        "upstream",
        `This relay has used up what Cloudflare's free plan allows in a day. It serves again from ${new Date(refusal.resetAt).toISOString()}.`,
      );
  }
}

/** A list of models is about none. */
function accountsFor(model: string): string {
  return `The accounts of this relay${model === "" ? "" : ` that serve the model "${model}"`}`;
}

function categoryOf(status: number): Category {
  if (status === 413) return "too_large";
  return status === 404 ? "not_found" : "invalid_request";
}

function no(status: number, category: Category, message: string): Face {
  return { status, category, message, retryable: false };
}

function unavailable(message: string): Face {
  return { status: 503, category: "overloaded", message, retryAfter: STORAGE_RETRY_AFTER_S, retryable: true };
}

/** 429 with a hint. What takes more than a minute is not worth an automatic retry, and clients are told so. */
function later(message: string, retryAfter: number): Face {
  return { status: 429, category: "rate_limit", message, retryAfter, retryable: retryAfter <= LONGEST_WAIT_S };
}

function until(resetAt: number, message: string, now: number): Face {
  return { ...later(message, secondsUntil(resetAt, now)), resetAt };
}

/**
 * A budget that is used up. Anthropic's own gateway says it as a 429 `billing_error`; on a 402 Codex goes on asking, and
 * no client knows when to come back.
 */
function spent(message: string, budget: "daily" | "weekly" | null, resetAt: number | null, now: number): Face {
  const face: Face = { status: 429, category: "billing", message, retryable: false, budget };
  return resetAt === null ? face : { ...face, retryAfter: secondsUntil(resetAt, now), resetAt };
}

/** `counted(1, "requests")` is "1 request". */
function counted(amount: number, noun: string): string {
  return `${amount} ${amount === 1 ? noun.slice(0, -1) : noun}`;
}

/** Whole seconds, at least one. */
function secondsUntil(at: number, now: number): number {
  return Math.max(1, Math.ceil((at - now) / 1000));
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
