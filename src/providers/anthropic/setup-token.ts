/** A Claude subscription by its setup token, which lives for a year and is not renewed. All else is as for a sign-in. */
import type { Kind } from "../kind.ts";
import { CLAUDE_SETUP_TOKEN } from "../oauth/claude.ts";
import { claudeFile, importedGrant } from "../oauth/import.ts";
import { ANTHROPIC_OAUTH } from "./oauth.ts";

// Its one scope does not reach what a sign-in may ask about its own quota.
const { quota: _, ...WITHOUT_QUOTA } = ANTHROPIC_OAUTH;

export const ANTHROPIC_SETUP_TOKEN: Kind = {
  ...WITHOUT_QUOTA,
  name: "setup-token",
  oauth: CLAUDE_SETUP_TOKEN,
  credentialFields: importedGrant({ file: claudeFile, renews: false }),
};
