/**
 * A Gemini Code Assist licence that somebody has signed in to. It serves Gemini CLI, which it was issued for. Requests are made in
 * the project that the sign-in has found, and go to the `v1internal` methods alone.
 */
import { baseUrls } from "../base-url.ts";
import { COMMON_HEADERS } from "../forwarded.ts";
import type { Kind } from "../kind.ts";
import { GOOGLE } from "../oauth/google.ts";
import { geminiFile, importedGrant } from "../oauth/import.ts";
import { CODE_ASSIST_QUOTA } from "../quota/code-assist.ts";
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
  // No request is put into its envelope yet.
  prepare: () => null,
  quota: CODE_ASSIST_QUOTA,
  family,
  check: { protocol: "gemini", model: "gemini-2.5-flash" },
};
