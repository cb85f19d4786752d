/** Accounts of claude-relay-service with keys. Pure. */
import * as z from "zod";
import { object } from "../../../../src/ground/json.ts";
import type { Notes } from "../draft.ts";
import { dollars, json, limit, list, pairs, words } from "../shapes.ts";
import type { KindBody } from "./kinds.ts";

const keyed = { apiKey: words, supportedModels: json, userAgent: words };
const quota = { dailyQuota: limit, quotaResetTime: words, maxConcurrentTasks: limit };

const NO_KEY = "has no key in this export";
const USER_AGENT = "an account sends the client's own user agent here, and never another's";

const consoleFields = z.object({ ...keyed, ...quota, apiUrl: words });

/** Claude Console: any service that speaks the Messages API. */
export function consoleBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { apiKey, apiUrl, supportedModels, ...rest } = consoleFields.parse(record);
  if (!apiKey || !apiUrl) return missing(notes, apiKey ? "apiUrl" : "apiKey");
  return {
    ...{ platform: "anthropic", kind: "api-key", base_url: apiUrl, api_key: apiKey },
    ...modelsIn(supportedModels),
    ...quotaIn(rest, notes),
  };
}

/** claude-code-router: chosen by the prefix `ccr,` before a model's name, which does not go upstream. */
export function ccrBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { apiKey, apiUrl, supportedModels, ...rest } = consoleFields.parse(record);
  if (!apiKey || !apiUrl) return missing(notes, apiKey ? "apiUrl" : "apiKey");
  const { allowed_models: allowed = ["*"], model_mapping: mapping = {} } = modelsIn(supportedModels);
  const prefixed = (name: string) => `ccr,${name}`;
  const own = allowed.map((name) => [prefixed(name), mapping[name] ?? name]);
  return {
    ...{ platform: "anthropic", kind: "api-key", base_url: apiUrl, api_key: apiKey },
    allowed_models: allowed.map(prefixed),
    model_mapping: Object.fromEntries(own),
    ...quotaIn(rest, notes),
  };
}

/** OpenAI's Responses API, or a service with it. The path is appended to the address unchanged, with or without `/v1`. */
export function responsesBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const fields = z.object({ ...keyed, ...quota, baseApi: words, providerEndpoint: words });
  const { apiKey, baseApi, providerEndpoint, ...rest } = fields.parse(record);
  if (!apiKey || !baseApi) return missing(notes, apiKey ? "baseApi" : "apiKey");
  const base_url = /\/v\d\w*$/.test(baseApi) || !isOrigin(baseApi) ? baseApi : `${baseApi.replace(/\/+$/, "")}/v1`;
  if (base_url !== baseApi) notes.changed("baseApi", `/v1 is part of the address here: ${base_url}`);
  return {
    ...{ platform: "openai", kind: "api-key", base_url, api_key: apiKey },
    ...(providerEndpoint !== "auto" && { protocols: ["responses" as const] }),
    ...quotaIn(rest, notes),
  };
}

const geminiFields = z.object({ ...keyed, baseUrl: words });

export function geminiApiBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { apiKey, baseUrl, supportedModels } = geminiFields.parse(record);
  if (!apiKey) return missing(notes, "apiKey");
  // The address may be a template. One that says the same as the rule is nothing special.
  const base_url = baseUrl?.replace(/\/v1(?:beta)?\/models\/\{model\}:\{action\}$/, "");
  if (base_url?.includes("{"))
    return notes.leftOut("", "its base URL is a template of another form than …/v1beta/models/{model}:{action}");
  const models = modelsIn(supportedModels);
  return { platform: "gemini", kind: "api-key", ...(base_url && { base_url }), api_key: apiKey, ...models };
}

const azureFields = z.object({ ...keyed, azureEndpoint: words, apiVersion: words, deploymentName: words });

/** Its single deployment serves whatever model a client names. Here a deployment is an account's own name for a model. */
export function azureBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { apiKey, azureEndpoint, apiVersion, deploymentName, supportedModels } = azureFields.parse(record);
  if (!apiKey || !azureEndpoint || !deploymentName) {
    return missing(notes, !apiKey ? "apiKey" : azureEndpoint ? "deploymentName" : "azureEndpoint");
  }
  const listed = list.parse(supportedModels);
  const models = listed.length > 0 ? listed : ["gpt-*"];
  notes.changed(
    "deploymentName",
    `the deployment serves ${models.join(", ")} here, and not each name that a client sends`,
  );
  return {
    ...{ platform: "openai", kind: "azure", base_url: azureEndpoint, api_key: apiKey },
    ...(apiVersion && { api_version: apiVersion }),
    model_mapping: Object.fromEntries(models.map((model) => [model, deploymentName])),
    allowed_models: models,
  };
}

const bedrockFields = z.object({ region: words, defaultModel: words, awsCredentials: json, bearerToken: json });

export function bedrockBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { region, defaultModel, awsCredentials, bearerToken } = bedrockFields.parse(record);
  if (!region) return missing(notes, "region");
  const { accessKeyId: id, secretAccessKey: secret, sessionToken: token } = aws.parse(object(awsCredentials) ?? {});
  const bearer = words.parse(object(bearerToken)?.token ?? bearerToken);
  if (!bearer && !(id && secret))
    return notes.leftOut("", "has no AWS credentials of its own: it took them from the machine that the relay ran on");
  if (defaultModel)
    notes.leftOut("defaultModel", "a model that is unknown is refused here, and not replaced by another");
  return {
    ...{ platform: "anthropic", kind: "bedrock", aws_region: region },
    ...(bearer
      ? { api_key: bearer }
      : { aws_access_key_id: id, aws_secret_access_key: secret, ...(token && { aws_session_token: token }) }),
  };
}

const aws = z.object({ accessKeyId: words, secretAccessKey: words, sessionToken: words });

/** A list of models, or a mapping. An account there that names models serves only those. */
export function modelsIn(value: unknown): Pick<KindBody, "allowed_models" | "model_mapping"> {
  const listed = list.parse(value);
  if (listed.length > 0) return { allowed_models: listed };
  const mapped = Object.entries(pairs.parse(value));
  if (mapped.length === 0) return {};
  const renamed = mapped.filter(([asked, sent]) => asked !== sent);
  return {
    allowed_models: mapped.map(([asked]) => asked),
    ...(renamed.length > 0 && { model_mapping: Object.fromEntries(renamed) }),
  };
}

interface Quota {
  dailyQuota?: number | undefined;
  quotaResetTime?: string | undefined;
  maxConcurrentTasks?: number | undefined;
  userAgent?: string | undefined;
}

function quotaIn(
  { dailyQuota, quotaResetTime, maxConcurrentTasks, userAgent }: Quota,
  notes: Notes,
): Partial<KindBody> {
  if (userAgent) notes.leftOut("userAgent", USER_AGENT);
  const [, hour, minute] = /^(\d{1,2}):(\d\d)$/.exec(quotaResetTime ?? "") ?? [];
  const resets = dailyQuota !== undefined && hour !== undefined;
  if (resets && minute !== "00")
    notes.changed("quotaResetTime", `a quota's day begins at a full hour here: ${hour}:00`);
  return {
    ...(dailyQuota !== undefined && { daily_quota_usd: dollars(dailyQuota) }),
    ...(resets && { quota_reset_hour: Number(hour) % 24 }),
    ...(maxConcurrentTasks !== undefined && { max_concurrency: Math.floor(maxConcurrentTasks) }),
  };
}

export function missing(notes: Notes, field: string): null {
  return notes.leftOut("", field === "apiKey" ? NO_KEY : `has no ${field} in this export`);
}

function isOrigin(address: string): boolean {
  return URL.canParse(address) && new URL(address).pathname === "/";
}
