/** The fault suite for Anthropic; see fault-cases.ts for the columns. */
import { bad, type Case, claude, iso, none, of, page, plain, rate, unified, unix, windows } from "./fault-shapes.ts";

export const ANTHROPIC: Case[] = [
  ["bad request", bad("messages: roles must alternate"), "request | invalid_request | nobody | - | verbatim"],
  [
    "long prompt",
    bad("prompt is too long: 207000 tokens > 200000 maximum"),
    "request | context_length | nobody | - | verbatim",
  ],
  [
    "long answer",
    bad("input length and `max_tokens` exceed context limit: 199000"),
    "request | context_length | nobody | - | verbatim",
  ],
  [
    "words in a prompt",
    bad("tools.0: invalid api key, credit balance is too low"),
    "request | invalid_request | nobody | - | verbatim",
  ],
  ["policy", bad("Output blocked by content filtering policy"), "request | content_policy | nobody | - | verbatim"],
  ["too large", claude(413, "request_too_large"), "request | too_large | nobody | - | verbatim"],
  ["too large, says a proxy", page(413), "request | too_large | nobody | - | relay"],
  ["conflict", claude(409, "conflict_error"), "request | conflict | nobody | - | verbatim"],
  ["unprocessable", claude(422, "invalid_request_error"), "request | unprocessable | nobody | - | verbatim"],

  ["refused key", claude(401, "authentication_error"), "credential | key_refused | key | grows | next+relay"],
  [
    "no credit",
    bad("Your credit balance is too low to access", { "retry-after": "1" }),
    "credential | out_of_credit | key | 900s | next+relay",
  ],
  ["billing", claude(402, "billing_error"), "credential | out_of_credit | key | 900s | next+relay"],
  [
    "spend limit",
    bad("You have reached your specified API usage limits. You"),
    "credential | spend_limit | key | 3600s | next+relay",
  ],
  [
    "workspace limit",
    bad("You have reached your specified workspace API usage limits."),
    "credential | spend_limit | key | 3600s | next+relay",
  ],
  [
    "limit of the tier",
    claude(429, "rate_limit_error", "You", {}, { error_code: "enforced_spend_limit_reached" }),
    "credential | spend_limit | key | 3600s | next+relay",
  ],
  [
    "plan without a model",
    claude(403, "permission_error"),
    "credential | not_permitted | family opus | grows | next+relay",
  ],
  ["region", claude(403, "forbidden", "Request not allowed"), "credential | region_blocked | nobody | - | next+relay"],
  [
    "closed, as 400",
    bad("This organization has been disabled."),
    "credential | account_disabled | key | admin | next+relay",
  ],
  [
    "closed, as 403",
    claude(403, "permission_error", "This organization has been disabled."),
    "credential | account_disabled | key | admin | next+relay",
  ],
  [
    "OAuth not allowed",
    claude(403, "permission_error", "OAuth authentication is currently not allowed for this organization."),
    "credential | sign_in_not_allowed | key | 900s | next+relay",
  ],
  [
    "unknown model",
    claude(404, "not_found_error", "model: claude-opus-9"),
    "credential | model_unknown | nobody | - | next+verbatim",
  ],
  ["retired model", claude(410, "not_found_error"), "credential | model_retired | nobody | - | next+verbatim"],
  [
    "other client",
    bad("Third-party apps now draw from your extra usage, not your"),
    "credential | client_not_covered | nobody | - | next+verbatim",
  ],
  [
    "no extra usage",
    rate("You're out of extra usage. Add more"),
    "credential | client_not_covered | nobody | - | next+verbatim",
  ],
  [
    "long context",
    rate("Extra usage is required for long context requests."),
    "credential | long_context_not_covered | nobody | - | next+verbatim",
  ],
  [
    "model on credits",
    of("claude-fable-5", rate("Usage credits are required for this model.")),
    "credential | model_not_covered | family fable | 900s | next+relay",
  ],

  ["429, retry-after", rate("slow", { "retry-after": "42" }), "credential | rate_limited | key | 42s | next+verbatim"],
  [
    "429 of fast mode, which has a limit of its own",
    { ...rate("slow", { "retry-after": "42" }), fast: true },
    "credential | fast_mode_limited | nobody | - | next+verbatim",
  ],
  [
    "429 of a window, in fast mode",
    { ...windows({ "5h-status": "rejected", "5h-reset": unix(1) }), fast: true },
    "credential | usage_limit | account | 3600s | next+verbatim",
  ],
  [
    "429 of a class of models, in fast mode",
    { ...rate("slow", { "anthropic-ratelimit-output-tokens-remaining": "0", "retry-after": "42" }), fast: true },
    "credential | rate_limited | family opus | 42s | next+verbatim",
  ],
  ["429, no reset", rate("slow"), "credential | rate_limited | key | grows | next+verbatim"],
  [
    "429 of a class of models",
    rate("slow", {
      "anthropic-ratelimit-requests-remaining": "49",
      "anthropic-ratelimit-requests-reset": iso(2),
      "anthropic-ratelimit-input-tokens-remaining": "0",
      "anthropic-ratelimit-input-tokens-reset": iso(30),
    }),
    "credential | rate_limited | family opus | 30s | next+verbatim",
  ],
  [
    "429, unified reset in unix seconds",
    windows({ reset: unix(3) }),
    "credential | usage_limit | account | 10800s | next+verbatim",
  ],
  [
    "429, unified reset in ISO",
    windows({ reset: iso(10_800) }),
    "credential | usage_limit | account | 10800s | next+verbatim",
  ],
  [
    "429 of five hours",
    windows({
      status: "rejected",
      "5h-status": "rejected",
      "5h-reset": unix(2),
      "7d-status": "allowed",
      "7d-reset": unix(90),
    }),
    "credential | usage_limit | account | 7200s | next+verbatim",
  ],
  [
    "429 of Opus's week",
    windows({ status: "rejected", "5h-status": "allowed", "7d_opus-status": "rejected", "7d_opus-reset": unix(80) }),
    "credential | family_limit | family opus | 288000s | next+verbatim",
  ],
  [
    "429 of Fable's week",
    of(
      "claude-fable-5",
      windows({ status: "rejected", "7d-status": "allowed", "7d_oi-status": "rejected", "7d_oi-reset": unix(80) }),
    ),
    "credential | family_limit | family fable | 288000s | next+verbatim",
  ],
  [
    "429 of an unheard-of family's week",
    of("claude-saga-1", windows({ "7d_xy-status": "rejected", "7d_xy-reset": unix(80) })),
    "credential | family_limit | family saga | 288000s | next+verbatim",
  ],
  [
    "429 of Sonnet's week, by the claim alone",
    windows({ status: "rejected", "representative-claim": "seven_day_sonnet", reset: unix(9) }),
    "credential | family_limit | family sonnet | 32400s | next+verbatim",
  ],
  [
    "429 of a burst, all windows open",
    windows({ status: "allowed", "5h-status": "allowed", "5h-reset": unix(4), reset: unix(4) }),
    "credential | rate_limited | key | grows | next+verbatim",
  ],

  ["overloaded", claude(529, "overloaded_error"), "upstream | overloaded | breaker | grows | next+verbatim"],
  [
    "overloaded, for 5 s",
    claude(529, "overloaded_error", "Overloaded", { "retry-after": "5" }),
    "upstream | overloaded | breaker | 5s | next+verbatim",
  ],
  ["overloaded, as 503", claude(503, "overloaded_error"), "upstream | overloaded | breaker | grows | next+verbatim"],
  ["529 without a body", plain(529), "upstream | overloaded | breaker | grows | next+verbatim"],
  ["internal error", claude(500, "api_error"), "upstream | server_error | breaker | grows | next+verbatim"],
  [
    "internal error beside a spent window",
    claude(500, "api_error", "words", unified({ "7d_oi-status": "rejected", "7d_oi-reset": unix(80) })),
    "upstream | server_error | breaker | grows | next+verbatim",
  ],
  [
    "timeout at the provider",
    claude(504, "timeout_error"),
    "upstream | gateway_timeout | breaker | grows | next+verbatim",
  ],
  ["Cloudflare 520", page(520), "upstream | origin_unreachable | breaker | grows | next+relay"],
  ["Cloudflare 527", page(527), "upstream | origin_unreachable | breaker | grows | next+relay"],
  ["challenge", page(403, { "cf-mitigated": "challenge" }), "upstream | challenge_page | breaker | grows | next+relay"],
  ["firewall page", page(403), "upstream | challenge_page | breaker | grows | next+relay"],
  [
    "redirect",
    plain(302, "", { location: "https://example.com/login" }),
    "upstream | redirected | breaker | grows | next+relay",
  ],
  ["page with status 200", page(200), "upstream | unusable_answer | breaker | grows | next+relay"],
  ["status 777", plain(777), "upstream | unusable_answer | breaker | grows | next+relay"],
  ["no such host", none("dns"), "upstream | dns_failed | breaker | grows | next+relay"],
  ["no way out", none("egress"), "upstream | egress_unavailable | breaker | grows | next+relay"],
  [
    "a firewall's words in place of a page",
    { ...plain(403, "error code: 1020") },
    "upstream | challenge_page | breaker | grows | next+relay",
  ],
  ["reset before the first event", none("reset", 200), "upstream | connection_reset | breaker | grows | next+relay"],
];
