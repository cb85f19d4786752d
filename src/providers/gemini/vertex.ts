/** Gemini at Google's Vertex AI, with a service account. The requests are those of the Gemini API, at other paths. */
import { COMMON_HEADERS } from "../forwarded.ts";
import { callIn } from "../gemini-call.ts";
import type { Kind } from "../kind.ts";
import { modelUrl, VERTEX_BASE_URLS } from "../vertex/address.ts";
import { SERVICE_ACCOUNT } from "../vertex/credential-fields.ts";
import { family } from "./family.ts";

export const GEMINI_VERTEX: Kind = {
  platform: "gemini",
  name: "vertex",
  protocols: ["gemini"],
  baseUrl: VERTEX_BASE_URLS,
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: SERVICE_ACCOUNT,
  needs: ["service_account", "vertex_region"],
  forwarded: [...COMMON_HEADERS, "x-goog-api-client", "x-goog-request-params"],
  prepare: (draft, { account, model }, credential) => {
    // Vertex lists its models elsewhere, and has another form for embeddings.
    const call = callIn(draft.url);
    if (!call || credential.type !== "access") return null;
    const url = modelUrl(account.baseUrl, credential, "google", model.replace(/^models\//, ""), call.action);
    if (url === null) return null;
    draft.headers.set("authorization", `Bearer ${credential.access}`);
    return { ...draft, url: `${url}${call.query}` };
  },
  family,
  check: { protocol: "gemini", model: "gemini-2.5-flash" },
};
