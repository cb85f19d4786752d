/**
 * A ChatGPT subscription that somebody has signed in to. It serves Codex, for which it was issued, through ChatGPT's own address, and
 * forwards Codex's bytes unchanged. The relay sets the authorization and the subscription's account.
 */
import { baseUrls } from "../base-url.ts";
import { COMMON_HEADERS, OPENAI_HEADERS } from "../forwarded.ts";
import { type Kind, secretOf } from "../kind.ts";
import { CODEX } from "../oauth/codex.ts";
import { codexFile, importedGrant } from "../oauth/import.ts";

export const OPENAI_CODEX_OAUTH: Kind = {
  platform: "openai",
  name: "codex-oauth",
  protocols: ["responses"],
  baseUrl: baseUrls("https://chatgpt.com/backend-api/codex", /\/responses(?:\/compact)?$/),
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: importedGrant({ file: codexFile, renews: true }),
  oauth: CODEX,
  serves: ["codex"],
  forwarded: [...COMMON_HEADERS, ...OPENAI_HEADERS, "version"],
  prepare: (draft, _, credential) => {
    draft.headers.set("authorization", `Bearer ${secretOf(credential)}`);
    if (credential.type === "oauth" && credential.accountId !== undefined) {
      draft.headers.set("chatgpt-account-id", credential.accountId);
    }
    return draft;
  },
  // OpenAI does not say which models it limits together.
  family: () => null,
  check: { protocol: "responses", model: "gpt-5-codex" },
};
