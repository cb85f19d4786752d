/** Claude at Google's Vertex AI, with a service account. src/providers/vertex/ has what differs from the Messages API. */
import { COMMON_HEADERS, MESSAGES_HEADERS } from "../forwarded.ts";
import type { Kind } from "../kind.ts";
import { modelUrl, VERTEX_BASE_URLS } from "../vertex/address.ts";
import { SERVICE_ACCOUNT } from "../vertex/credential-fields.ts";
import { asMessagesError } from "../vertex/errors.ts";
import { COUNT_TOKENS, predictionOf, vertexFamily, withoutBetas } from "../vertex/messages.ts";

export const ANTHROPIC_VERTEX: Kind = {
  platform: "anthropic",
  name: "vertex",
  protocols: ["anthropic"],
  baseUrl: VERTEX_BASE_URLS,
  url: (baseUrl, _, path) => `${baseUrl}${path}`,
  credentialFields: SERVICE_ACCOUNT,
  needs: ["service_account", "vertex_region"],
  forwarded: [...COMMON_HEADERS, ...MESSAGES_HEADERS],
  prepare: (draft, { account, model }, credential) => {
    const prediction = predictionOf(draft, model);
    if (!prediction || credential.type !== "access") return null;
    const { body, action } = prediction;
    const url = modelUrl(account.baseUrl, credential, "anthropic", prediction.model, action);
    if (url === null) return null;
    const { headers } = draft;
    const dropped = withoutBetas(headers, prediction.model === COUNT_TOKENS);
    headers.set("authorization", `Bearer ${credential.access}`);
    return { ...draft, url, body, dropped };
  },
  receive: asMessagesError,
  family: vertexFamily,
  check: { protocol: "anthropic", model: "claude-haiku-4-5@20251001" },
};
