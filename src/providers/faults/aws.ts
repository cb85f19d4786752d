/**
 * What AWS's errors mean. Their types say more than their statuses: a model that is not loaded yet gives a 429, one that failed a 424,
 * and an exhausted quota of the account a 400. So the table (table.ts) has these rules before those that go by status.
 */
import type { FaultRule } from "./rule.ts";

/** Factory passes on the errors of the providers behind it. */
const CLAUDE = ["anthropic", "droid"] as const;

export const AWS: readonly FaultRule[] = [
  {
    platforms: CLAUDE,
    condition: "unavailable",
    when: { status: [400, 599], typed: ["ModelNotReadyException"] },
    effect: { class: "upstream" },
    onExhausted: "verbatim",
  },
  {
    platforms: CLAUDE,
    condition: "server_error",
    when: { status: [400, 599], typed: ["ModelErrorException", "ModelStreamErrorException"] },
    effect: { class: "upstream" },
    onExhausted: "verbatim",
  },
  {
    platforms: CLAUDE,
    condition: "rate_limited",
    // Bedrock limits each model separately.
    when: { status: [400, 499], typed: ["ThrottlingException", "ServiceQuotaExceededException"] },
    effect: { class: "credential", scope: "family", cooldown: "window" },
    onExhausted: "verbatim",
  },
  {
    platforms: CLAUDE,
    condition: "key_refused",
    when: {
      status: [400, 403],
      typed: [
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "MissingAuthenticationTokenException",
        "ExpiredTokenException",
        "ExpiredToken",
      ],
    },
    effect: { class: "credential", scope: "key" },
  },
];
