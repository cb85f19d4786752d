/** Accounts of claude-relay-service with a sign-in, and Droid's, which may have keys instead. Pure. */
import * as z from "zod";
import { object } from "../../../../src/ground/json.ts";
import type { Notes } from "../draft.ts";
import { iso, json, limit, list, moment, toggle, words } from "../shapes.ts";
import { missing, modelsIn } from "./key-accounts.ts";
import type { KindBody } from "./kinds.ts";

const tokens = { accessToken: words, refreshToken: words, expiresAt: moment };

const claudeFields = z.object({
  ...tokens,
  ...{ claudeAiOauth: json, scopes: words, maxConcurrency: limit },
  ...{ autoStopOnWarning: toggle, interceptWarmup: toggle, useUnifiedUserAgent: toggle, useUnifiedClientId: toggle },
});
const claudeBlob = z.object({ ...tokens, scopes: list });

export function claudeBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { claudeAiOauth, scopes, maxConcurrency, ...fields } = claudeFields.parse(record);
  const blob = claudeBlob.parse(object(claudeAiOauth) ?? {});
  const granted = scopes ? scopes.split(/\s+/) : blob.scopes;
  // A single scope means a setup token. That relay itself tells the two apart in this way.
  const renews = granted.includes("user:profile") && granted.includes("user:inference");
  const oauth = signIn({ ...blob, ...defined(fields) }, renews, notes);
  if (!oauth) return null;
  if (fields.autoStopOnWarning)
    notes.leftOut("autoStopOnWarning", "an account that nears its limit ranks behind others here, and is used up");
  if (fields.interceptWarmup) notes.leftOut("interceptWarmup", "requests are not answered by anybody but the provider");
  if (fields.useUnifiedUserAgent || fields.useUnifiedClientId) {
    notes.leftOut("useUnifiedUserAgent, useUnifiedClientId", "a client is shown to the provider as what it is");
  }
  return {
    ...{ platform: "anthropic", kind: renews ? "oauth" : "setup-token", oauth },
    ...(maxConcurrency !== undefined && { max_concurrency: Math.floor(maxConcurrency) }),
  };
}

const codexFields = z.object({ ...tokens, idToken: words, accountId: words });

export function codexBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { accountId, ...fields } = codexFields.parse(record);
  const oauth = signIn(fields, true, notes);
  return (
    oauth && {
      platform: "openai",
      kind: "codex-oauth",
      oauth: { ...oauth, ...(accountId && { account_id: accountId }) },
    }
  );
}

const geminiFields = z.object({
  ...tokens,
  geminiOauth: json,
  oauthProvider: words,
  projectId: words,
  supportedModels: json,
});
const geminiBlob = z.object({ access_token: words, refresh_token: words, expiry_date: moment });

export function geminiBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { geminiOauth, oauthProvider, projectId, supportedModels, ...fields } = geminiFields.parse(record);
  const blob = geminiBlob.parse(object(geminiOauth) ?? {});
  const { access_token: accessToken, refresh_token: refreshToken, expiry_date: expiresAt } = blob;
  const oauth = signIn({ accessToken, refreshToken, expiresAt, ...defined(fields) }, true, notes);
  if (!oauth) return null;
  const isNumber = projectId !== undefined && /^\d+$/.test(projectId);
  if (isNumber) notes.leftOut("projectId", "is a project's number, not its id: the sign-in finds it again");
  return {
    ...(oauthProvider === "antigravity"
      ? { platform: "antigravity", kind: "oauth" }
      : { platform: "gemini", kind: "code-assist" }),
    ...{ oauth, ...modelsIn(supportedModels) },
    ...(projectId && !isNumber && { project_id: projectId }),
  };
}

const droidFields = z.object({ ...tokens, apiKeys: json, userAgent: words });
const droidKey = z.object({ key: words, status: words });

/** `apiKeys`: their opened texts. */
export function droidBody(record: Record<string, unknown>, notes: Notes): KindBody | null {
  const { apiKeys, ...fields } = droidFields.parse(record);
  const entries = z.array(droidKey).catch([]).parse(apiKeys);
  const keys = [...new Set(entries.flatMap(({ key }) => key ?? []))];
  if (keys.length > 0) {
    const failed = entries.filter(({ status }) => status === "error").length;
    if (failed > 0) notes.changed("apiKeys", `${failed} of them had failed there; they are tried anew here`);
    return { platform: "droid", kind: "api-key", api_keys: keys };
  }
  const oauth = signIn(fields, true, notes);
  return oauth && { platform: "droid", kind: "oauth", oauth };
}

interface Tokens {
  accessToken?: string | undefined;
  refreshToken?: string | undefined;
  expiresAt?: number | undefined;
}

function signIn(
  { accessToken, refreshToken, expiresAt }: Tokens,
  renews: boolean,
  notes: Notes,
): NonNullable<KindBody["oauth"]> | null {
  if (!accessToken) return missing(notes, "access token");
  if (renews && !refreshToken) return missing(notes, "refresh token, so it could not be renewed");
  return {
    access_token: accessToken,
    ...(renews && { refresh_token: refreshToken }),
    ...(expiresAt !== undefined && { expires_at: iso(expiresAt) }),
  };
}

/** Leaves out what is undefined, so that it hides nothing. */
function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>;
}
