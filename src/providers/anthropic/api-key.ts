/** A key of Anthropic's own API, or of another service that speaks the Messages API. */
import { baseUrls } from "../base-url.ts";
import { API_KEYS } from "../credential-fields.ts";
import { COMMON_HEADERS, MESSAGES_HEADERS } from "../forwarded.ts";
import { type Kind, secretOf } from "../kind.ts";
import { family } from "./family.ts";

const OFFICIAL = "https://api.anthropic.com";

export const ANTHROPIC_API_KEY: Kind = {
  platform: "anthropic",
  name: "api-key",
  protocols: ["anthropic"],
  baseUrl: baseUrls(OFFICIAL, /\/v1(?:\/messages)?$/),
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: API_KEYS,
  forwarded: [...COMMON_HEADERS, ...MESSAGES_HEADERS],
  prepare: (draft, { account }, credential) => {
    const secret = secretOf(credential);
    draft.headers.set("x-api-key", secret);
    // Compatible services look for the key in different headers. The official API accepts only one credential.
    if (account.baseUrl !== OFFICIAL) draft.headers.set("authorization", `Bearer ${secret}`);
    return draft;
  },
  family,
  check: { protocol: "anthropic", model: "claude-haiku-4-5" },
};
