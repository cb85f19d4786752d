/**
 * The three forms in which claude-relay-service exports its data, converted to one: records as in Redis.
 *
 * - the answer of `GET /admin/sync/export-accounts`: four kinds of accounts, unsealed, no keys;
 * - the file of `scripts/data-transfer-enhanced.js` (or `data-transfer.js`): keys, and Claude's and Gemini's accounts;
 * - the output of `dump.lua` beside this file: all of Redis.
 */
import { array, isObject, object } from "../../../../src/ground/json.ts";
import { CRS_KINDS } from "./kinds.ts";

export type Fields = Record<string, unknown>;

export interface CrsData {
  accounts: { kind: string; record: Fields }[];
  groups: { id: string; record: Fields; members: string[] }[];
  /** With `usageStats` as in the data export. */
  keys: Fields[];
  /** Whether it has all accounts, not only those of some kinds. */
  whole: boolean;
}

export type CrsForm = "sync" | "transfer" | "dump";

/** Which form it is; null: none of them. */
export function crsForm(value: unknown): CrsForm | null {
  if (!isObject(value)) return null;
  const data = object(value.data) ?? value;
  if ("exportedAt" in data && SYNCED.some(({ list }) => Array.isArray(data[list]))) return "sync";
  if (isObject(value.metadata) && isObject(value.data)) return "transfer";
  return Object.keys(value).some((key) => key.startsWith("apikey:") || kindOfRedisKey(key)) ? "dump" : null;
}

/** The data of an export. A refusal says why it cannot be read. */
export function crsData(value: Fields, form: CrsForm): { ok: true; value: CrsData } | { ok: false; refusal: string } {
  switch (form) {
    case "sync":
      return { ok: true, value: ofSync(object(value.data) ?? value) };
    case "transfer":
      return ofTransfer(object(value.metadata) ?? {}, object(value.data) ?? {});
    case "dump":
      return { ok: true, value: ofDump(value) };
  }
}

/** The lists of the account export, with the names of their credentials in Redis. */
const SYNCED = [
  { list: "claudeAccounts", kind: "claude", names: { scopes: "scope" } },
  {
    ...{ list: "claudeConsoleAccounts", kind: "claude-console" },
    names: { apiUrl: "base_url", apiKey: "api_key", supportedModels: "model_mapping", userAgent: "user_agent" },
  },
  { list: "openaiOAuthAccounts", kind: "openai", names: { idToken: "id_token", accountId: "chatgpt_account_id" } },
  {
    ...{ list: "openaiResponsesAccounts", kind: "openai-responses" },
    names: { baseApi: "base_url", apiKey: "api_key", userAgent: "user_agent" },
  },
] as const;
const TOKEN_NAMES = { accessToken: "access_token", refreshToken: "refresh_token", expiresAt: "expires_at" };

function ofSync(data: Fields): CrsData {
  const accounts = SYNCED.flatMap(({ list, kind, names }) =>
    array(data[list])
      .filter(isObject)
      .map((record) => {
        const credentials = object(record.credentials) ?? {};
        const renamed = Object.entries({ ...TOKEN_NAMES, ...names }).map(([name, theirs]) => [
          name,
          credentials[theirs],
        ]);
        return { kind, record: { ...record, ...Object.fromEntries(renamed) } };
      }),
  );
  return { accounts, groups: [], keys: [], whole: false };
}

/** The lists of the data export. It has two of them itself; its forks have added the others. */
const TRANSFERRED: Record<string, string> = {
  claude: "claudeAccounts",
  "claude-console": "claudeConsoleAccounts",
  ccr: "ccrAccounts",
  bedrock: "bedrockAccounts",
  gemini: "geminiAccounts",
  "gemini-api": "geminiApiAccounts",
  openai: "openaiAccounts",
  "openai-responses": "openaiResponsesAccounts",
  "azure-openai": "azureOpenaiAccounts",
  droid: "droidAccounts",
};

function ofTransfer(metadata: Fields, data: Fields): { ok: true; value: CrsData } | { ok: false; refusal: string } {
  if (metadata.sanitized === true) {
    return {
      ok: false,
      refusal: "was exported with --sanitize: keys and credentials are cut off in it. Export it without",
    };
  }
  const accounts = CRS_KINDS.flatMap(({ name }) =>
    array(data[TRANSFERRED[name] ?? ""])
      .filter(isObject)
      .map((record) => ({ kind: name, record })),
  );
  const groups = array(data.accountGroups)
    .filter(isObject)
    .map((record) => ({ id: String(record.id), record, members: array(record.members).map(String) }));
  const keys = array(data.apiKeys).filter(isObject);
  return { ok: true, value: { accounts, groups, keys, whole: Array.isArray(data.droidAccounts) } };
}

function ofDump(dump: Fields): CrsData {
  const accounts = Object.entries(dump).flatMap(([key, value]) => {
    const kind = kindOfRedisKey(key);
    const record = recordIn(value);
    return kind && record?.id ? [{ kind: kind.name, record }] : [];
  });
  const groups = under(dump, "account_group:").flatMap(([id, value]) => {
    const record = recordIn(value);
    return record ? [{ id, record, members: array(dump[`account_group_members:${id}`]).map(String) }] : [];
  });
  const keys = under(dump, "apikey:").flatMap(([, value]) => {
    const record = recordIn(value);
    return record?.id && record.apiKey ? [{ ...record, usageStats: usageIn(dump, String(record.id)) }] : [];
  });
  return { accounts, groups, keys, whole: true };
}

function usageIn(dump: Fields, id: string): Fields {
  const byPeriod = (prefix: string) => Object.fromEntries(under(dump, `${prefix}:${id}:`));
  return {
    total: dump[`usage:${id}`],
    costTotal: dump[`usage:cost:total:${id}`],
    costDaily: byPeriod("usage:cost:daily"),
    opusWeekly: byPeriod("usage:opus:weekly"),
  };
}

function under(dump: Fields, prefix: string): [rest: string, value: unknown][] {
  const found = Object.entries(dump).filter(([key]) => key.startsWith(prefix));
  return found.map(([key, value]) => [key.slice(prefix.length), value]);
}

/** A hash; for Bedrock, the JSON text of one. */
function recordIn(value: unknown): Fields | undefined {
  if (typeof value !== "string") return object(value);
  try {
    return object(JSON.parse(value));
  } catch {
    return undefined;
  }
}

function kindOfRedisKey(key: string) {
  return CRS_KINDS.find(({ prefix }) => key.startsWith(prefix));
}
