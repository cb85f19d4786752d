/**
 * A resource of Azure OpenAI. It has two addresses for the same. The v1 form is OpenAI's own, with the deployment as the model. In the
 * older form the deployment is in the path, and each request names a dated version of the API. The account's `api_version` says which
 * form to use. A deployment is the account's own name for a model (`model_mapping`).
 */
import { baseUrls } from "../base-url.ts";
import { API_KEYS } from "../credential-fields.ts";
import { COMMON_HEADERS, OPENAI_HEADERS } from "../forwarded.ts";
import { type Kind, secretOf } from "../kind.ts";

/** `2024-10-21`, `2025-04-01-preview`. The v1 form uses `preview` and `v1`, or no version. */
const DATED = /^\d{4}-\d\d-\d\d(?:-preview)?$/;
/** The first version that has Responses. Dates compare as text. */
const FIRST_WITH_RESPONSES = "2025-03-01";
/** The name of a deployment, as Azure allows it, that cannot be `..` in a path. */
const DEPLOYMENT = /^(?=.*[A-Za-z0-9])[\w.-]{1,64}$/;
/** Paths about no deployment are beside the deployments. If there is a model, it is in the body. */
const BESIDE = /^\/(?:responses|models)(?:\/|$)/;

export const OPENAI_AZURE: Kind = {
  platform: "openai",
  name: "azure",
  protocols: ["responses", "chat"],
  baseUrl: baseUrls(null, /\/openai(?:\/v1)?(?:\/(?:responses|chat\/completions|deployments\/.*))?$/),
  apiVersions: {
    isOne: (version) => DATED.test(version) || version === "preview" || version === "v1",
    protocols: (version) => (DATED.test(version) && version < FIRST_WITH_RESPONSES ? ["chat"] : ["responses", "chat"]),
  },
  url: (baseUrl, _, path, { apiVersion, model }) => {
    const query = apiVersion === "" ? "" : `?api-version=${apiVersion}`;
    if (!DATED.test(apiVersion)) return `${baseUrl}/openai/v1${path}${query}`;
    if (BESIDE.test(path)) return `${baseUrl}/openai${path}${query}`;
    return DEPLOYMENT.test(model) ? `${baseUrl}/openai/deployments/${model}${path}${query}` : null;
  },
  credentialFields: API_KEYS,
  forwarded: [...COMMON_HEADERS, ...OPENAI_HEADERS],
  prepare: (draft, _, credential) => {
    draft.headers.set("api-key", secretOf(credential));
    return draft;
  },
  // Azure limits each deployment separately.
  family: (model) => model.toLowerCase().slice(0, 64) || null,
  check: { protocol: "responses", model: "gpt-4.1-mini" },
};
