/** Google's Antigravity, as somebody has signed in to it: the methods and the project of Code Assist, at an address of its own. */
import { baseUrls } from "../base-url.ts";
import { COMMON_HEADERS } from "../forwarded.ts";
import { family } from "../gemini/family.ts";
import type { Kind } from "../kind.ts";
import { ANTIGRAVITY } from "../oauth/google.ts";
import { geminiFile, importedGrant } from "../oauth/import.ts";

export const ANTIGRAVITY_OAUTH: Kind = {
  platform: "antigravity",
  name: "oauth",
  protocols: ["gemini"],
  baseUrl: baseUrls("https://cloudcode-pa.googleapis.com", /\/v1internal$/),
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: importedGrant({ file: geminiFile, renews: true }),
  oauth: ANTIGRAVITY,
  forwarded: [...COMMON_HEADERS],
  // No request is put into its envelope yet.
  prepare: () => null,
  family,
  check: { protocol: "gemini", model: "gemini-2.5-flash" },
};
