/** A Claude subscription by its setup token, which is valid for a year and is not renewed. All else is as for a sign-in. */
import type { Kind } from "../kind.ts";
import { CLAUDE_SETUP_TOKEN } from "../oauth/claude.ts";
import { claudeFile, importedGrant } from "../oauth/import.ts";
import { ANTHROPIC_OAUTH } from "./oauth.ts";

// The token's only scope does not allow asking for the quota, as a sign-in may.
const { quota: _, ...WITHOUT_QUOTA } = ANTHROPIC_OAUTH;

export const ANTHROPIC_SETUP_TOKEN: Kind = {
  ...WITHOUT_QUOTA,
  name: "setup-token",
  oauth: CLAUDE_SETUP_TOKEN,
  credentialFields: importedGrant({ file: claudeFile, renews: false }),
};
