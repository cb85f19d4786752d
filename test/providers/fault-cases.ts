/**
 * The fault suite as data: per platform the condition, what the upstream does, and the result in five columns.
 *
 *   class | condition | what goes into cooldown | for how long | what the client sees
 *
 * How long: `grows` is a guess (10 s, 30 s, …; the breaker's for upstream faults), `admin` means until a reset. Client: `verbatim` is the
 * upstream's error at once; `next+verbatim` and `next+relay` are another account's answer and, if there is none, the upstream's error or
 * the relay's own words.
 */
import type { Platform } from "../../src/vocabulary.ts";
import { ANTHROPIC } from "./fault-cases-anthropic.ts";
import { AWS } from "./fault-cases-aws.ts";
import { CODE_ASSIST } from "./fault-cases-code-assist.ts";
import {
  bad,
  type Case,
  claude,
  exhausted,
  factory,
  google,
  HOUR,
  info,
  iso,
  json,
  NOW,
  none,
  openai,
  plain,
  quota,
  retryInfo,
} from "./fault-shapes.ts";

const OPENAI: Case[] = [
  ["bad request", openai(400, "unsupported_parameter"), "request | invalid_request | nobody | - | verbatim"],
  ["long prompt", openai(400, "context_length_exceeded"), "request | context_length | nobody | - | verbatim"],
  ["long prompt, as 500", openai(500, "context_length_exceeded"), "request | context_length | nobody | - | verbatim"],
  ["policy", openai(400, "content_policy_violation"), "request | content_policy | nobody | - | verbatim"],
  ["usage policy", openai(400, "invalid_prompt"), "request | content_policy | nobody | - | verbatim"],
  ["media type", openai(415, null), "request | media_type | nobody | - | verbatim"],
  ["method", openai(405, null), "request | method_not_allowed | nobody | - | verbatim"],
  ["client's tool server", openai(424, "http_error"), "request | failed_dependency | nobody | - | verbatim"],
  ["teapot", plain(418, "teapot"), "request | invalid_request | nobody | - | verbatim"],

  ["refused key", openai(401, "invalid_api_key"), "credential | key_refused | key | grows | next+relay"],
  ["refused key, as 403", openai(403, "invalid_api_key"), "credential | key_refused | key | grows | next+relay"],
  ["closed account", openai(401, "account_deactivated"), "credential | account_disabled | key | admin | next+relay"],
  [
    "closed workspace",
    json(402, { detail: { code: "deactivated_workspace" } }),
    "credential | account_disabled | key | admin | next+relay",
  ],
  [
    "Azure's rate of a deployment, where limits do not go by model",
    openai(429, "429", undefined, { "retry-after-ms": "6500" }),
    "credential | rate_limited | key | 6.5s | next+verbatim",
  ],
  ["Azure's filter", openai(400, "content_filter"), "request | content_policy | nobody | - | verbatim"],
  ["payment", json(402, { error: "Payment Required" }), "credential | out_of_credit | key | 900s | next+relay"],
  [
    "quota, not rate",
    openai(429, "insufficient_quota", "insufficient_quota", { "retry-after": "1" }),
    "credential | out_of_credit | key | 900s | next+relay",
  ],
  [
    "prepaid credit",
    openai(429, "credit_balance_exhausted", "insufficient_quota"),
    "credential | out_of_credit | key | 900s | next+relay",
  ],
  [
    "spend limit",
    openai(429, "project_spend_limit_exceeded", "insufficient_quota"),
    "credential | spend_limit | key | 3600s | next+relay",
  ],
  [
    "region",
    openai(403, "unsupported_country_region_territory", "request_forbidden"),
    "credential | region_blocked | nobody | - | next+relay",
  ],
  [
    "more at once than a minute's tokens",
    openai(
      429,
      "rate_limit_exceeded",
      "tokens",
      {},
      "Request too large for gpt-4o in organization org-1 on tokens per min",
    ),
    "credential | too_large_for_rate | nobody | - | next+verbatim",
  ],
  [
    "organisation not verified for a model",
    openai(
      403,
      null,
      "invalid_request_error",
      {},
      "Your organization must be verified to use the model `gpt-image-1`.",
    ),
    "credential | model_not_covered | nobody | - | next+relay",
  ],
  [
    "key without the scope",
    openai(
      401,
      null,
      "invalid_request_error",
      {},
      "You have insufficient permissions for this operation. Missing scopes: x",
    ),
    "credential | endpoint_not_covered | nobody | - | next+relay",
  ],
  ["no permission", openai(403, "insufficient_permissions"), "credential | not_permitted | key | grows | next+relay"],
  [
    "project without a model",
    openai(403, "model_not_found"),
    "credential | model_unknown | nobody | - | next+verbatim",
  ],
  ["unknown model", openai(404, "model_not_found"), "credential | model_unknown | nobody | - | next+verbatim"],

  [
    "429, milliseconds",
    openai(429, "rate_limit_exceeded", "tokens", { "retry-after-ms": "1500", "retry-after": "2" }),
    "credential | rate_limited | key | 1.5s | next+verbatim",
  ],
  [
    "429, exhausted tokens",
    openai(429, "rate_limit_exceeded", "tokens", {
      "x-ratelimit-remaining-requests": "9",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s",
    }),
    "credential | rate_limited | key | 360s | next+verbatim",
  ],
  [
    "429, no reset",
    openai(429, "rate_limit_exceeded", "requests"),
    "credential | rate_limited | key | grows | next+verbatim",
  ],
  [
    "Codex limit",
    json(429, { error: { type: "usage_limit_reached", resets_in_seconds: 9568 } }),
    "credential | usage_limit | account | 9568s | next+verbatim",
  ],
  [
    "Codex limit as first event",
    json(429, {
      type: "response.failed",
      response: { error: { type: "usage_limit_reached", resets_at: (NOW + HOUR) / 1000 } },
    }),
    "credential | usage_limit | account | 3600s | next+verbatim",
  ],
  [
    "rate as first event",
    json(500, { type: "error", code: "rate_limit_exceeded", message: "slow" }),
    "credential | rate_limited | key | grows | next+verbatim",
  ],

  ["internal error", openai(500, null, "server_error"), "upstream | server_error | breaker | grows | next+verbatim"],
  [
    "overloaded",
    openai(503, "server_is_overloaded", "service_unavailable_error", { "retry-after": "7" }),
    "upstream | overloaded | breaker | 7s | next+verbatim",
  ],
  ["bad gateway", plain(502, "upstream"), "upstream | bad_gateway | breaker | grows | next+verbatim"],
  ["request timeout", openai(408, null), "upstream | request_timed_out | breaker | grows | next+verbatim"],
  ["certificate", none("tls"), "upstream | tls_failed | breaker | grows | next+relay"],
  ["end before the first event", none("ended_early", 200), "upstream | ended_early | breaker | grows | next+relay"],
  ["unfollowed redirect", none("redirect"), "upstream | redirected | breaker | grows | next+relay"],
];

const GEMINI: Case[] = [
  ["bad request", google(400, "INVALID_ARGUMENT"), "request | invalid_request | nobody | - | verbatim"],
  [
    "long prompt",
    google(400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds"),
    "request | context_length | nobody | - | verbatim",
  ],
  [
    "file not ready",
    google(400, "FAILED_PRECONDITION", "The File a is not in an ACTIVE state"),
    "request | invalid_request | nobody | - | verbatim",
  ],

  [
    "refused key, as 400",
    google(400, "INVALID_ARGUMENT", "words", [info("API_KEY_INVALID")]),
    "credential | key_refused | key | grows | next+relay",
  ],
  ["not signed in", google(401, "UNAUTHENTICATED"), "credential | key_refused | key | grows | next+relay"],
  ["payment", plain(402), "credential | out_of_credit | key | 900s | next+relay"],
  [
    "API not enabled",
    google(403, "PERMISSION_DENIED", "words", [info("SERVICE_DISABLED")]),
    "credential | project_not_ready | key | 900s | next+relay",
  ],
  [
    "a project that is gone",
    google(403, "PERMISSION_DENIED", "Permission denied on resource project x.", [info("CONSUMER_INVALID")]),
    "credential | project_gone | key | 900s | next+relay",
  ],
  [
    "suspended",
    google(403, "PERMISSION_DENIED", "words", [info("CONSUMER_SUSPENDED")]),
    "credential | account_disabled | key | admin | next+relay",
  ],
  [
    "no permission",
    google(403, "PERMISSION_DENIED"),
    "credential | not_permitted | family gemini-2.5-flash | grows | next+relay",
  ],
  [
    "another project's cache",
    google(403, "PERMISSION_DENIED", "CachedContent not found (or permission denied)"),
    "credential | resource_elsewhere | nobody | - | next+verbatim",
  ],
  [
    "region",
    google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    "credential | region_blocked | nobody | - | next+relay",
  ],
  ["unknown model", google(404, "NOT_FOUND"), "credential | model_unknown | nobody | - | next+verbatim"],

  [
    "429 of a model's minute",
    exhausted(quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "gemini-2.5-flash"), retryInfo("30s")),
    "credential | family_limit | family gemini-2.5-flash | 30s | next+verbatim",
  ],
  [
    // Midnight in California is 13 hours away. The wait of 22 s is what Google sends along (seen in the wild).
    "429 of a model's day",
    exhausted(quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "gemini-2.5-flash"), retryInfo("22s")),
    "credential | daily_quota | family gemini-2.5-flash | 46800s | next+verbatim",
  ],
  [
    "429 of a project's day",
    exhausted(quota("RequestsPerDayPerProject")),
    "credential | daily_quota | key | 46800s | next+verbatim",
  ],
  [
    "429 in a list",
    plain(429, `[${exhausted(retryInfo("0.5s")).body}]`),
    "credential | rate_limited | key | 0.5s | next+verbatim",
  ],
  ["429, no reset", exhausted(), "credential | rate_limited | key | grows | next+verbatim"],

  ["internal error", google(500, "INTERNAL"), "upstream | server_error | breaker | grows | next+verbatim"],
  ["overloaded", google(503, "UNAVAILABLE"), "upstream | unavailable | breaker | grows | next+verbatim"],
  ["deadline", google(504, "DEADLINE_EXCEEDED"), "upstream | gateway_timeout | breaker | grows | next+verbatim"],
  ["refused connection", none("connect"), "upstream | connect_failed | breaker | grows | next+relay"],
];

/** Google's errors with the model in another place. */
const ANTIGRAVITY: Case[] = [
  [
    "429 of a model",
    exhausted(info("QUOTA_EXHAUSTED", { model: "gemini-3-pro", quotaResetTimeStamp: iso(18_000) }), retryInfo("3s")),
    "credential | family_limit | family gemini-3-pro | 18000s | next+verbatim",
  ],
];

/** Factory's own errors, and those of the providers behind it. */
const DROID: Case[] = [
  ["bad request", factory(400, "Bad Request"), "request | invalid_request | nobody | - | verbatim"],
  [
    "long prompt (Messages)",
    bad("prompt is too long: 2 tokens > 1 maximum"),
    "request | context_length | nobody | - | verbatim",
  ],
  [
    "long prompt (Responses)",
    openai(400, "context_length_exceeded"),
    "request | context_length | nobody | - | verbatim",
  ],
  ["refused key", factory(401, "Unauthorized"), "credential | key_refused | key | grows | next+relay"],
  ["no subscription", factory(402, "Payment Required"), "credential | out_of_credit | key | 900s | next+relay"],
  ["forbidden", factory(403, "Forbidden"), "credential | not_permitted | key | grows | next+relay"],
  ["unknown model", factory(404, "Not Found"), "credential | model_unknown | nobody | - | next+verbatim"],
  [
    "429 with a date",
    factory(429, "Too Many Requests", { "retry-after": "Wed, 14 Oct 2026 18:02:00 GMT" }),
    "credential | rate_limited | key | 120s | next+verbatim",
  ],
  ["overload behind it", claude(529, "overloaded_error"), "upstream | overloaded | breaker | grows | next+verbatim"],
  [
    "internal error",
    factory(500, "Internal Server Error"),
    "upstream | server_error | breaker | grows | next+verbatim",
  ],
  ["no first byte in time", none("timeout"), "upstream | timed_out | breaker | grows | next+relay"],
  ["no time for a first byte", none("hurried"), "credential | hurried | nobody | - | next+relay"],
  ["no way out", none("egress"), "upstream | egress_unavailable | breaker | grows | next+relay"],
];

/** Vertex's own errors, as src/providers/vertex/errors.ts passes them on. */
const vertex = (status: number, word: string, type: string, details: object[] = []) =>
  json(status, { type: "error", error: { type, message: "words", status: word, details } });

const VERTEX: Case[] = [
  [
    "Vertex: the rate of a model",
    vertex(429, "RESOURCE_EXHAUSTED", "rate_limit_error", [retryInfo("30s")]),
    "credential | rate_limited | family opus | 30s | next+verbatim",
  ],
  [
    "Vertex: not switched on in the project",
    vertex(403, "PERMISSION_DENIED", "permission_error", [info("SERVICE_DISABLED")]),
    "credential | project_not_ready | key | 900s | next+relay",
  ],
  [
    "Vertex: no right to the model",
    vertex(403, "PERMISSION_DENIED", "permission_error", [info("IAM_PERMISSION_DENIED")]),
    "credential | not_permitted | family opus | grows | next+relay",
  ],
  [
    "Vertex: token refused",
    vertex(401, "UNAUTHENTICATED", "authentication_error"),
    "credential | key_refused | key | grows | next+relay",
  ],
  [
    "Vertex: no such model there",
    vertex(404, "NOT_FOUND", "not_found_error"),
    "credential | model_unknown | nobody | - | next+verbatim",
  ],
  [
    "Vertex: unavailable",
    vertex(503, "UNAVAILABLE", "overloaded_error"),
    "upstream | overloaded | breaker | grows | next+verbatim",
  ],
];

export const CASES: Record<Platform, Case[]> = {
  anthropic: [...ANTHROPIC, ...AWS, ...VERTEX],
  openai: OPENAI,
  gemini: [...GEMINI, ...CODE_ASSIST],
  droid: DROID,
  antigravity: [...ANTIGRAVITY, ...CODE_ASSIST],
};
