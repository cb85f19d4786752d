/**
 * A ChatGPT subscription that somebody has signed in to. It serves Codex, which it was issued for, through ChatGPT's own
 * address, and sends on what that has written, byte by byte: the relay sets the authorization, and whose it is.
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
  // What it limits together it says nowhere in advance.
  family: () => null,
  check: { protocol: "responses", model: "gpt-5-codex" },
};
