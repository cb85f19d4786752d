/** A key of OpenAI's own API, or of one of the many services that are compatible with it. */
import { withoutTail, written } from "../base-url.ts";
import { API_KEYS } from "../credential-fields.ts";
import { COMMON_HEADERS, OPENAI_HEADERS } from "../forwarded.ts";
import { type Kind, secretOf } from "../kind.ts";

/** A # at the end says that this is the whole address, to which nothing is appended (a convention of OpenAI-compatible tools). */
const isExact = (baseUrl: string) => baseUrl.endsWith("#");

export const OPENAI_API_KEY: Kind = {
  platform: "openai",
  name: "api-key",
  protocols: ["responses", "chat"],
  baseUrl: {
    official: "https://api.openai.com/v1",
    normalise: (text) =>
      isExact(written(text)) ? written(text) : withoutTail(text, /\/(?:responses|chat\/completions)$/),
    isExact,
  },
  url: (baseUrl, _, path) => (isExact(baseUrl) ? baseUrl.slice(0, -1) : `${baseUrl}${path}`),
  credentialFields: API_KEYS,
  forwarded: [...COMMON_HEADERS, ...OPENAI_HEADERS],
  prepare: (draft, _, credential) => {
    draft.headers.set("authorization", `Bearer ${secretOf(credential)}`);
    return draft;
  },
  // OpenAI does not say which models it limits together.
  family: () => null,
  check: { protocol: "responses", model: "gpt-4.1-mini" },
};
