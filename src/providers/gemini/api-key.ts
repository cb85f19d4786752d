/** A key of Google's Gemini API, or of a service that speaks it. */
import { baseUrls } from "../base-url.ts";
import { API_KEYS } from "../credential-fields.ts";
import { COMMON_HEADERS } from "../forwarded.ts";
import { type Kind, secretOf } from "../kind.ts";
import { family } from "./family.ts";

export const GEMINI_API_KEY: Kind = {
  platform: "gemini",
  name: "api-key",
  protocols: ["gemini"],
  baseUrl: baseUrls("https://generativelanguage.googleapis.com", /\/v1(?:beta)?(?:\/models)?$/),
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: API_KEYS,
  forwarded: [...COMMON_HEADERS, "x-goog-api-client", "x-goog-request-params"],
  prepare: (draft, _, credential) => {
    draft.headers.set("x-goog-api-key", secretOf(credential));
    return draft;
  },
  family,
  check: { protocol: "gemini", model: "gemini-2.5-flash" },
};
