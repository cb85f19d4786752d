/**
 * The faults: one rule per provider and condition; the first match wins. Those of AWS and of Code Assist are in files beside this one.
 * Nothing else decides whose fault a failed try is. src/pool/health.ts decides what follows from it for an account.
 *
 * Rules go by status and by typed words (`error.type`, `error.code`, `error.status`, reasons in `details`), never by words in a
 * message: elsewhere, `invalid` or `exceeded` in somebody's prompt has cooled down whole pools. The exceptions have a `prefix`, matched
 * exactly: there the provider sends only a sentence, which it documents or has sent unchanged for months.
 */
import { HOUR_MS, MINUTE_MS } from "../../ground/durations.ts";
import { PLATFORMS } from "../../vocabulary.ts";
import { AWS } from "./aws.ts";
import { CODE_ASSIST } from "./code-assist.ts";
import type { Effect, FaultRule } from "./rule.ts";

const ANY = PLATFORMS;
// Factory passes on the errors of the providers behind it.
const ANTHROPIC = ["anthropic", "droid"] as const;
const GOOGLE = ["gemini", "antigravity"] as const;
/** The platforms whose models Google Cloud serves. */
const GOOGLE_CLOUD = [...GOOGLE, "anthropic"] as const;

const REQUEST: Effect = { class: "request" };
const UPSTREAM: Effect = { class: "upstream" };
const NOBODY: Effect = { class: "credential", scope: "nobody" };
const KEY: Effect = { class: "credential", scope: "key" };
const FAMILY: Effect = { class: "credential", scope: "family" };
const ACCOUNT_WINDOW: Effect = { class: "credential", scope: "account", cooldown: "window" };
const FAMILY_WINDOW: Effect = { class: "credential", scope: "family", cooldown: "window" };
const KEY_WINDOW: Effect = { class: "credential", scope: "key", cooldown: "window" };
const DISABLED: Effect = { class: "credential", scope: "key", permanent: true };

/** For what an operator repairs at the provider: short enough that the repair is noticed soon, long enough that tries cost little. */
const KEY_15_MINUTES: Effect = { class: "credential", scope: "key", cooldown: 15 * MINUTE_MS };
const FAMILY_15_MINUTES: Effect = { class: "credential", scope: "family", cooldown: 15 * MINUTE_MS };
/** Retry hints on these errors are about the rate. The money does not come back within a second. */
const NO_CREDIT: Effect = { class: "credential", scope: "key", cooldown: 15 * MINUTE_MS, outOfQuota: true };
const NO_BUDGET: Effect = { class: "credential", scope: "key", cooldown: HOUR_MS, outOfQuota: true };

export const FAULTS: readonly FaultRule[] = [
  // No usable response. It does not matter what a compatible service or a proxy in between did wrong.
  { platforms: ANY, condition: "dns_failed", when: { transport: "dns" }, effect: UPSTREAM },
  { platforms: ANY, condition: "tls_failed", when: { transport: "tls" }, effect: UPSTREAM },
  { platforms: ANY, condition: "connect_failed", when: { transport: "connect" }, effect: UPSTREAM },
  { platforms: ANY, condition: "timed_out", when: { transport: "timeout" }, effect: UPSTREAM },
  { platforms: ANY, condition: "egress_unavailable", when: { transport: "egress" }, effect: UPSTREAM },
  // Any client can make its time as short as it likes, so nothing is held against the account.
  { platforms: ANY, condition: "hurried", when: { transport: "hurried" }, effect: NOBODY },
  { platforms: ANY, condition: "connection_reset", when: { transport: "reset" }, effect: UPSTREAM },
  { platforms: ANY, condition: "ended_early", when: { transport: "ended_early" }, effect: UPSTREAM },
  { platforms: ANY, condition: "redirected", when: { transport: "redirect" }, effect: UPSTREAM },
  { platforms: ANY, condition: "redirected", when: { status: [300, 399] }, effect: UPSTREAM },
  { platforms: ANY, condition: "unusable_answer", when: { status: [0, 299] }, effect: UPSTREAM },
  // This is about the network and not the account: the page depends on where the request comes from.
  { platforms: ANY, condition: "challenge_page", when: { challenge: true }, effect: UPSTREAM },
  { platforms: ANY, condition: "challenge_page", when: { status: 403, html: true }, effect: UPSTREAM },

  // The request is at fault, whatever status a service gives it.
  { platforms: ANY, condition: "context_length", when: { typed: ["context_length_exceeded"] }, effect: REQUEST },
  {
    platforms: ANTHROPIC,
    condition: "context_length",
    // Claude Code compacts on the first sentence. The Messages API has no code for either.
    when: { status: 400, prefix: ["prompt is too long", "input length and `max_tokens` exceed context limit"] },
    effect: REQUEST,
  },
  {
    platforms: GOOGLE,
    condition: "context_length",
    when: { status: 400, prefix: ["The input token count"] },
    effect: REQUEST,
  },
  {
    platforms: ANY,
    condition: "content_policy",
    when: { typed: ["content_policy_violation", "content_filter", "moderation_blocked", "invalid_prompt"] },
    effect: REQUEST,
  },
  {
    platforms: ANTHROPIC,
    condition: "content_policy",
    when: { status: 400, prefix: ["Output blocked by content filtering policy"] },
    effect: REQUEST,
  },

  ...AWS,
  ...CODE_ASSIST,

  // What this account does not cover. Without these rules, long prompts and other clients would cool down a subscription that serves
  // everything else.
  {
    platforms: ANTHROPIC,
    condition: "long_context_not_covered",
    when: {
      status: 429,
      prefix: ["Extra usage is required for long context", "Usage credits are required for long context"],
    },
    effect: NOBODY,
    onExhausted: "verbatim",
  },
  {
    platforms: ANTHROPIC,
    condition: "client_not_covered",
    when: {
      status: [400, 429],
      prefix: [
        "Third-party apps now draw from",
        "You're out of extra usage",
        "This credential is only authorized for use with Claude Code",
      ],
    },
    effect: NOBODY,
    onExhausted: "verbatim",
  },
  {
    platforms: ANTHROPIC,
    condition: "model_not_covered",
    when: { status: [400, 429], prefix: ["Usage credits are required for this model"] },
    effect: FAMILY_15_MINUTES,
  },
  // The same for OpenAI, whose limits and rights do not go by families. Any key holder can ask for a model that the organisation is not
  // verified for, for an endpoint that the key has no right to, or for more than a minute's tokens at once. Everybody else is still served.
  {
    platforms: ["openai"],
    condition: "too_large_for_rate",
    when: { status: 429, prefix: ["Request too large for"] },
    effect: NOBODY,
    onExhausted: "verbatim",
  },
  {
    platforms: ["openai"],
    condition: "model_not_covered",
    when: { status: 403, prefix: ["Your organization must be verified"] },
    effect: NOBODY,
  },
  {
    platforms: ["openai"],
    condition: "endpoint_not_covered",
    when: { status: [401, 403], prefix: ["You have insufficient permissions for this operation. Missing scopes"] },
    effect: NOBODY,
  },
  // Another account may have the model. There is no cooldown, because then a key holder's typo would cause one. What an account has is
  // said by its model rules.
  {
    platforms: ANY,
    condition: "model_unknown",
    when: { status: [400, 499], typed: ["model_not_found"] },
    effect: NOBODY,
    onExhausted: "verbatim",
  },
  {
    platforms: GOOGLE,
    condition: "resource_elsewhere",
    // A cache or a file of another project. A pool that takes turns meets these all the time.
    when: { status: 403, prefix: ["CachedContent not found", "You do not have permission to access the File"] },
    effect: NOBODY,
    onExhausted: "verbatim",
  },

  // Where the request comes from. The same account can serve other locations, and all of them share its health.
  {
    platforms: ANY,
    condition: "region_blocked",
    when: { typed: ["unsupported_country_region_territory"] },
    effect: NOBODY,
  },
  {
    platforms: ANTHROPIC,
    condition: "region_blocked",
    when: { status: 403, typed: ["forbidden"], prefix: ["Request not allowed"] },
    effect: NOBODY,
  },
  {
    platforms: GOOGLE,
    condition: "region_blocked",
    // Google also uses FAILED_PRECONDITION alone, for a file that is not ready.
    when: {
      status: 400,
      prefix: ["User location is not supported", "Gemini API free tier is not available in your country"],
    },
    effect: NOBODY,
  },

  // Closed accounts.
  {
    platforms: ANY,
    condition: "account_disabled",
    when: { typed: ["account_deactivated", "deactivated_workspace", "CONSUMER_SUSPENDED"] },
    effect: DISABLED,
  },
  {
    platforms: ANTHROPIC,
    condition: "account_disabled",
    when: { status: [400, 403], prefix: ["This organization has been disabled"] },
    effect: DISABLED,
  },
  {
    platforms: ANTHROPIC,
    condition: "sign_in_not_allowed",
    when: { status: [401, 403], prefix: ["OAuth authentication is currently not allowed for this organization"] },
    effect: KEY_15_MINUTES,
  },

  // Money.
  {
    platforms: ANY,
    condition: "spend_limit",
    // OpenAI uses the type `insufficient_quota` for all of these. Anthropic's type is in `details.error_code`.
    when: {
      typed: [
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
        "enforced_spend_limit_reached",
      ],
    },
    effect: NO_BUDGET,
  },
  {
    platforms: ANTHROPIC,
    condition: "spend_limit",
    when: {
      status: 400,
      prefix: [
        "You have reached your specified API usage limits",
        "You have reached your specified workspace API usage limits",
      ],
    },
    effect: NO_BUDGET,
  },
  {
    platforms: ANY,
    condition: "out_of_credit",
    when: {
      typed: [
        "insufficient_quota",
        "credit_balance_exhausted",
        "billing_not_active",
        "billing_error",
        "insufficient_user_quota",
      ],
    },
    effect: NO_CREDIT,
  },
  {
    platforms: ANTHROPIC,
    condition: "out_of_credit",
    when: { status: 400, prefix: ["Your credit balance is too low"] },
    effect: NO_CREDIT,
  },
  { platforms: ANY, condition: "out_of_credit", when: { status: 402 }, effect: NO_CREDIT },

  // Rates and windows.
  {
    platforms: ["openai"],
    condition: "usage_limit",
    when: { typed: ["usage_limit_reached"] },
    effect: ACCOUNT_WINDOW,
    onExhausted: "verbatim",
  },
  {
    platforms: ANY,
    condition: "usage_limit",
    when: { status: 429, limit: "account" },
    effect: ACCOUNT_WINDOW,
    onExhausted: "verbatim",
  },
  {
    platforms: GOOGLE,
    condition: "daily_quota",
    when: { status: 429, limit: "family", daily: true },
    effect: FAMILY_WINDOW,
    onExhausted: "verbatim",
  },
  {
    platforms: GOOGLE,
    condition: "daily_quota",
    when: { status: 429, daily: true },
    effect: { class: "credential", scope: "key", cooldown: "window", outOfQuota: true },
    onExhausted: "verbatim",
  },
  {
    platforms: ANY,
    condition: "family_limit",
    when: { status: 429, limit: "family" },
    effect: FAMILY_WINDOW,
    onExhausted: "verbatim",
  },
  {
    platforms: ANTHROPIC,
    condition: "rate_limited",
    // The API limits each class of models separately.
    when: { status: 429, dimension: true },
    effect: FAMILY_WINDOW,
    onExhausted: "verbatim",
  },
  {
    platforms: ANTHROPIC,
    condition: "fast_mode_limited",
    // Fast mode has its own limit. Everybody else is still served.
    when: { status: 429, fast: true },
    effect: NOBODY,
    onExhausted: "verbatim",
  },
  {
    platforms: ["anthropic"],
    condition: "rate_limited",
    // Vertex limits each model separately. Anthropic's own API does not use this word.
    when: { status: 429, typed: ["RESOURCE_EXHAUSTED"] },
    effect: FAMILY_WINDOW,
    onExhausted: "verbatim",
  },
  {
    platforms: ["openai"],
    condition: "rate_limited",
    // Azure limits each deployment separately, and sends a number as the code where OpenAI sends a word.
    when: { status: 429, typed: ["429", "RateLimitReached"] },
    effect: FAMILY_WINDOW,
    onExhausted: "verbatim",
  },
  { platforms: ANY, condition: "rate_limited", when: { status: 429 }, effect: KEY_WINDOW, onExhausted: "verbatim" },
  {
    platforms: ANY,
    condition: "rate_limited",
    when: { typed: ["rate_limit_error", "rate_limit_exceeded", "RESOURCE_EXHAUSTED"] },
    effect: KEY_WINDOW,
    onExhausted: "verbatim",
  },

  // Credentials. A 401 alone is never permanent: a provider's sign-in service can fail like any other.
  { platforms: ANY, condition: "key_refused", when: { status: 401 }, effect: KEY },
  {
    platforms: ANY,
    condition: "key_refused",
    when: {
      status: [400, 403],
      typed: ["API_KEY_INVALID", "UNAUTHENTICATED", "authentication_error", "invalid_api_key"],
    },
    effect: KEY,
  },
  {
    platforms: GOOGLE_CLOUD,
    condition: "project_gone",
    when: { status: [400, 403], typed: ["CONSUMER_INVALID"] },
    effect: KEY_15_MINUTES,
  },
  {
    platforms: GOOGLE_CLOUD,
    condition: "project_not_ready",
    when: {
      status: [400, 403],
      typed: [
        "SERVICE_DISABLED",
        "BILLING_DISABLED",
        "USER_PROJECT_DENIED",
        "SECURITY_POLICY_VIOLATED",
        "API_KEY_SERVICE_BLOCKED",
        "API_KEY_IP_ADDRESS_BLOCKED",
        "API_KEY_HTTP_REFERRER_BLOCKED",
      ],
    },
    effect: KEY_15_MINUTES,
  },
  // Often about one model that the plan lacks. If it is about the account, each family finds that out once.
  { platforms: ANY, condition: "not_permitted", when: { status: 403 }, effect: FAMILY },
  { platforms: ANY, condition: "model_unknown", when: { status: 404 }, effect: NOBODY, onExhausted: "verbatim" },
  { platforms: ANY, condition: "model_retired", when: { status: 410 }, effect: NOBODY, onExhausted: "verbatim" },

  // The upstream itself is at fault, under any status.
  {
    platforms: ANY,
    condition: "overloaded",
    when: { typed: ["overloaded_error", "server_is_overloaded"] },
    effect: UPSTREAM,
    onExhausted: "verbatim",
  },
  { platforms: ANY, condition: "overloaded", when: { status: 529 }, effect: UPSTREAM, onExhausted: "verbatim" },
  { platforms: ANY, condition: "request_timed_out", when: { status: 408 }, effect: UPSTREAM, onExhausted: "verbatim" },
  { platforms: ANY, condition: "bad_gateway", when: { status: 502 }, effect: UPSTREAM, onExhausted: "verbatim" },
  { platforms: ANY, condition: "unavailable", when: { status: 503 }, effect: UPSTREAM, onExhausted: "verbatim" },
  { platforms: ANY, condition: "gateway_timeout", when: { status: 504 }, effect: UPSTREAM, onExhausted: "verbatim" },
  { platforms: ANY, condition: "origin_unreachable", when: { status: [520, 530] }, effect: UPSTREAM },
  {
    platforms: ANY,
    condition: "server_error",
    when: { status: [500, 599] },
    effect: UPSTREAM,
    onExhausted: "verbatim",
  },

  { platforms: ANY, condition: "method_not_allowed", when: { status: 405 }, effect: REQUEST },
  { platforms: ANY, condition: "conflict", when: { status: 409 }, effect: REQUEST },
  { platforms: ANY, condition: "too_large", when: { status: 413 }, effect: REQUEST },
  { platforms: ANY, condition: "media_type", when: { status: 415 }, effect: REQUEST },
  { platforms: ANY, condition: "unprocessable", when: { status: 422 }, effect: REQUEST },
  { platforms: ANY, condition: "failed_dependency", when: { status: 424 }, effect: REQUEST },
  { platforms: ANY, condition: "invalid_request", when: { status: [400, 499] }, effect: REQUEST },
  { platforms: ANY, condition: "unusable_answer", when: {}, effect: UPSTREAM },
];
