/** What Bedrock answers when it fails, as src/providers/bedrock/answer.ts passes it on: with AWS's type in a header. See fault-cases.ts. */
import { type Case, claude, of, type Try } from "./fault-shapes.ts";

const aws = (
  status: number,
  name: string,
  type = "api_error",
  model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
): Try => of(model, claude(status, type, "words", { "x-amzn-errortype": name }));

export const AWS: Case[] = [
  [
    "AWS: throttled",
    aws(429, "ThrottlingException", "rate_limit_error"),
    "credential | rate_limited | family sonnet | grows | next+verbatim",
  ],
  [
    "AWS: throttled, with an address behind the type",
    aws(429, "ThrottlingException:http://internal.amazon.com/coral/", "rate_limit_error"),
    "credential | rate_limited | family sonnet | grows | next+verbatim",
  ],
  [
    "AWS: a quota, as 400",
    aws(400, "ServiceQuotaExceededException", "rate_limit_error"),
    "credential | rate_limited | family sonnet | grows | next+verbatim",
  ],
  [
    "AWS: model not loaded, as 429",
    aws(429, "ModelNotReadyException"),
    "upstream | unavailable | breaker | grows | next+verbatim",
  ],
  [
    "AWS: model failed, as 424",
    aws(424, "ModelErrorException"),
    "upstream | server_error | breaker | grows | next+verbatim",
  ],
  [
    "AWS: model too slow",
    aws(408, "ModelTimeoutException"),
    "upstream | request_timed_out | breaker | grows | next+verbatim",
  ],
  [
    "AWS: unavailable",
    aws(503, "ServiceUnavailableException"),
    "upstream | unavailable | breaker | grows | next+verbatim",
  ],
  ["AWS: failed", aws(500, "InternalServerException"), "upstream | server_error | breaker | grows | next+verbatim"],
  [
    "AWS: no such key",
    aws(403, "UnrecognizedClientException", "permission_error"),
    "credential | key_refused | key | grows | next+relay",
  ],
  ["AWS: signature", aws(403, "InvalidSignatureException"), "credential | key_refused | key | grows | next+relay"],
  ["AWS: token ended", aws(403, "ExpiredTokenException"), "credential | key_refused | key | grows | next+relay"],
  [
    "AWS: no right to the model",
    aws(403, "AccessDeniedException", "permission_error"),
    "credential | not_permitted | family sonnet | grows | next+relay",
  ],
  [
    "AWS: bad request",
    aws(400, "ValidationException", "invalid_request_error"),
    "request | invalid_request | nobody | - | verbatim",
  ],
  [
    "AWS: unknown model",
    aws(404, "ResourceNotFoundException", "not_found_error"),
    "credential | model_unknown | nobody | - | next+verbatim",
  ],
];
