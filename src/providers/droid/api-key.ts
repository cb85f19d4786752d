/** A key of Factory's API, which is in fact two APIs: the Messages API, and OpenAI's two formats. */
import { baseUrls } from "../base-url.ts";
import { API_KEYS } from "../credential-fields.ts";
import { COMMON_HEADERS, MESSAGES_HEADERS, OPENAI_HEADERS } from "../forwarded.ts";
import { type Kind, secretOf } from "../kind.ts";

export const DROID_API_KEY: Kind = {
  platform: "droid",
  name: "api-key",
  protocols: ["anthropic", "responses", "chat"],
  baseUrl: baseUrls(
    "https://api.factory.ai/api/llm",
    /\/(?:a|o)(?:\/v1(?:\/(?:messages|responses|chat\/completions))?)?$/,
  ),
  url: (baseUrl, protocol, path) => `${baseUrl}${protocol === "anthropic" ? "/a" : "/o/v1"}${path}`,
  credentialFields: API_KEYS,
  forwarded: [...COMMON_HEADERS, ...MESSAGES_HEADERS, ...OPENAI_HEADERS],
  prepare: (draft, _, credential) => {
    draft.headers.set("authorization", `Bearer ${secretOf(credential)}`);
    return draft;
  },
  // Factory does not say which models it limits together.
  family: () => null,
  check: { protocol: "anthropic", model: "claude-haiku-4-5" },
};
