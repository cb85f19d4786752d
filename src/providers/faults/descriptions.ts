/**
 * What each condition of the fault table means for the operator, in plain words, and what to do about it if that is known. A test
 * checks that no condition of the table is missing.
 */

export const DESCRIPTIONS = {
  dns_failed: "the host name of base_url does not resolve (DNS)",
  tls_failed: "no secure connection: the certificate or the TLS handshake was not accepted",
  connect_failed: "no connection: nothing answers at the host and port of base_url",
  egress_unavailable:
    "its way out is not there: the binding is not bound or not in EGRESS_BINDINGS, the gateway has no such address, or its headers do not open; nothing was sent",
  timed_out: "it did not answer in time",
  connection_reset: "the connection was refused, or broken off before an answer",
  hurried: "it did not answer in what was left of the client's time",
  ended_early: "it ended its answer before the answer was whole",
  redirected: "it answered with a redirect, which is never followed with a key: base_url is not the API's own address",
  unusable_answer: "what it answered is no answer of this API: base_url probably belongs to something else",
  challenge_page: "a web page instead of an API answer: a firewall or a bot check stands in front of it",

  context_length: "the request is longer than the model takes",
  content_policy: "the provider's content policy refused the request",
  invalid_request: "it refused the request itself, and would refuse it from any account",
  method_not_allowed: "it does not take this kind of request at this address: base_url may have a wrong path",
  conflict: "the request conflicts with another",
  too_large: "the request is larger than it takes",
  media_type: "it does not take JSON at this address: base_url may have a wrong path",
  unprocessable: "it understood the request and refused it",
  failed_dependency: "something that the request needs has failed",

  long_context_not_covered: "the plan does not cover long prompts",
  client_not_covered: "the credential only serves the client that it was issued for",
  too_large_for_rate: "the request alone is larger than the tokens of a minute",
  endpoint_not_covered: "the key has no right to this endpoint: its scopes are restricted at the provider",
  model_not_covered: "the plan does not cover this model",
  model_unknown: "it does not know the model under this name",
  model_retired: "it no longer has the model",
  resource_elsewhere: "the request names something that belongs to another account",
  region_blocked: "the provider does not serve the region that the request came from",

  account_disabled: "the provider has closed the account",
  verification_required:
    "the provider wants the person whose account it is to verify it: open its own client, which leads there",
  sign_in_not_allowed: "the organisation does not allow this kind of sign-in",
  reauth_required: "the sign-in has ended, or the provider does not renew it any more: sign in again",
  reauth_required_answer_lost:
    "the provider renewed the sign-in and its answer was lost on the way, so the token that was left is used up: sign in again",
  key_refused: "the key was refused: it is wrong, revoked, or belongs to another service",
  not_permitted: "the key is not permitted to do this: often the plan lacks the model",
  project_gone: "the provider's project is gone, or closed to this account",
  project_not_ready: "the provider's project is not set up for this API",

  spend_limit: "a spend limit that was set at the provider is reached",
  out_of_credit: "the account has no credit left at the provider",
  usage_limit: "the account's usage limit is reached",
  family_limit: "the usage limit of this family of models is reached",
  fast_mode_limited: "the provider's own limit of fast mode is reached; ordinary requests are served as before",
  daily_quota: "the provider's quota for the day is used up",
  rate_limited: "the provider's rate limit is reached",

  overloaded: "the provider is overloaded",
  request_timed_out: "the provider gave up waiting (408)",
  bad_gateway: "a gateway at the provider failed (502)",
  unavailable: "the provider is not available at the moment (503)",
  gateway_timeout: "a gateway at the provider gave up waiting (504)",
  origin_unreachable: "the provider's own servers cannot be reached behind their network (52x)",
  server_error: "the provider failed with an error of its own",
};

/** Lower case, without a full stop. Returns the name itself for a condition that an older version has stored. */
export function describeCondition(condition: string): string {
  const known: Record<string, string> = DESCRIPTIONS;
  return Object.hasOwn(known, condition) ? (known[condition] ?? condition) : condition;
}
