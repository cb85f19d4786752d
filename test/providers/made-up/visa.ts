/** A kind of account that exists only here: a gateway that wants its requests signed, and knows one more limit. */
import { API_KEYS } from "../../../src/providers/credential-fields.ts";
import { COMMON_HEADERS } from "../../../src/providers/forwarded.ts";
import { type Kind, secretOf } from "../../../src/providers/kind.ts";

export const VISA: Kind = {
  platform: "anthropic",
  name: "visa",
  protocols: ["anthropic"],
  baseUrl: { official: null, normalise: (text) => text.trim(), isExact: () => false },
  url: (baseUrl, _, path) => `${baseUrl}/gate${path}`,
  credentialFields: API_KEYS,
  forwarded: [...COMMON_HEADERS, "x-visa-purpose"],
  prepare: async (draft, { model }, credential) => {
    const signed = new TextEncoder().encode(
      `${secretOf(credential)} ${draft.method} ${new URL(draft.url).pathname} ${model}`,
    );
    const digest = await crypto.subtle.digest("SHA-256", signed);
    draft.headers.set("x-visa", Buffer.from(digest).toString("hex"));
    return draft;
  },
  family: (model) => (model.startsWith("claude-") ? "claude" : null),
  check: { protocol: "anthropic", model: "claude-haiku-4-5" },
};
