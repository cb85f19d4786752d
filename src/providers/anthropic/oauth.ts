/**
 * A Claude subscription that somebody has signed in to. It serves Claude Code, for which it was issued, and forwards Claude Code's
 * bytes unchanged. The relay sets the authorization, and adds the one beta flag without which the API does not read it.
 */
import { baseUrls } from "../base-url.ts";
import { COMMON_HEADERS, listed, MESSAGES_HEADERS } from "../forwarded.ts";
import { type Kind, secretOf } from "../kind.ts";
import { CLAUDE, OAUTH_BETA } from "../oauth/claude.ts";
import { claudeFile, importedGrant } from "../oauth/import.ts";
import { CLAUDE_USAGE } from "../quota/claude-usage.ts";
import { family } from "./family.ts";

export const ANTHROPIC_OAUTH: Kind = {
  platform: "anthropic",
  name: "oauth",
  protocols: ["anthropic"],
  baseUrl: baseUrls("https://api.anthropic.com", /\/v1(?:\/messages)?$/),
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: importedGrant({ file: claudeFile, renews: true }),
  oauth: CLAUDE,
  serves: ["claude_code"],
  forwarded: [...COMMON_HEADERS, ...MESSAGES_HEADERS],
  prepare: (draft, _, credential) => {
    const betas = draft.headers.get("anthropic-beta");
    if (!listed(betas).includes(OAUTH_BETA))
      draft.headers.set("anthropic-beta", betas ? `${betas},${OAUTH_BETA}` : OAUTH_BETA);
    draft.headers.set("authorization", `Bearer ${secretOf(credential)}`);
    return draft;
  },
  quota: CLAUDE_USAGE,
  family,
  check: { protocol: "anthropic", model: "claude-haiku-4-5" },
};
