/**
 * Google's Antigravity, as somebody has signed in to it. It has Code Assist's methods, with more in the envelope, at its own
 * addresses. The relay gives its own name there, unless its operator has configured another.
 */
import { pseudonym } from "../../protocols/translate/identity.ts";
import { baseUrls } from "../base-url.ts";
import { COMMON_HEADERS } from "../forwarded.ts";
import { family } from "../gemini/family.ts";
import type { Kind } from "../kind.ts";
import { ANTIGRAVITY } from "../oauth/google.ts";
import { geminiFile, importedGrant } from "../oauth/import.ts";
import { projectOf, toV1internal } from "../v1internal/address.ts";

const USER_AGENT = "ANTIGRAVITY_USER_AGENT";

export const ANTIGRAVITY_OAUTH: Kind = {
  platform: "antigravity",
  name: "oauth",
  protocols: ["gemini"],
  baseUrl: baseUrls("https://cloudcode-pa.googleapis.com", /\/v1internal$/),
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: importedGrant({ file: geminiFile, renews: true }),
  oauth: ANTIGRAVITY,
  forwarded: [...COMMON_HEADERS],
  addresses: "ANTIGRAVITY_API_URLS",
  envelope: ({ credential, id, session, setting }) => {
    const type = setting("ANTIGRAVITY_REQUEST_TYPE");
    return {
      outside: {
        ...{ project: projectOf(credential) ?? "", requestId: id, userAgent: setting(USER_AGENT) },
        ...(type !== "" && { requestType: type }),
      },
      inside: session === null ? {} : { sessionId: pseudonym(session) },
    };
  },
  prepare: (draft, { account, setting }, credential) => {
    draft.headers.set("user-agent", setting(USER_AGENT));
    return toV1internal(draft, account.baseUrl, credential);
  },
  family,
  check: { protocol: "gemini", model: "gemini-2.5-flash" },
};
