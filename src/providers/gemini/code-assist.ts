/**
 * A Gemini Code Assist licence that somebody has signed in to. It serves Gemini CLI, for which it was issued, in both of its modes. A
 * request that the CLI has put into an envelope itself is forwarded byte by byte, with only the account's project changed.
 */
import { baseUrls } from "../base-url.ts";
import { COMMON_HEADERS } from "../forwarded.ts";
import type { Kind } from "../kind.ts";
import { GOOGLE } from "../oauth/google.ts";
import { geminiFile, importedGrant } from "../oauth/import.ts";
import { CODE_ASSIST_QUOTA } from "../quota/code-assist.ts";
import { projectOf, toV1internal } from "../v1internal/address.ts";
import { family } from "./family.ts";

export const GEMINI_CODE_ASSIST: Kind = {
  platform: "gemini",
  name: "code-assist",
  protocols: ["gemini"],
  baseUrl: baseUrls("https://cloudcode-pa.googleapis.com", /\/v1internal$/),
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: importedGrant({ file: geminiFile, renews: true }),
  oauth: GOOGLE,
  serves: ["gemini_cli"],
  forwarded: [...COMMON_HEADERS, "x-goog-api-client"],
  envelope: ({ credential }) => ({ outside: { project: projectOf(credential) ?? "" }, inside: {} }),
  prepare: (draft, { account }, credential) => toV1internal(draft, account.baseUrl, credential),
  quota: CODE_ASSIST_QUOTA,
  family,
  check: { protocol: "gemini", model: "gemini-2.5-flash" },
};
