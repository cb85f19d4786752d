/**
 * A relay of claude-relay-service as its Redis has it: all ten kinds of accounts, groups, keys with every rule, and what they have spent.
 * Fields, seals and digests are those of its own services (1.1.314, src/services).
 */
import { createCipheriv, createHash, scryptSync } from "node:crypto";

export const ENCRYPTION_KEY = "3f6c1b9a2e8d47056b1c9e0f4a7d2358";
/** When it was exported: a Thursday, 12:00 UTC. */
export const NOW = Date.UTC(2026, 10, 26, 12);

const IV = Buffer.from("00112233445566778899aabbccddeeff", "hex");
const keys = new Map<string, Buffer>();

/** As each of its services seals (`src/utils/commonHelper.js`). */
export function sealed(text: string, salt: string): string {
  const key = keys.get(salt) ?? scryptSync(ENCRYPTION_KEY, salt, 32);
  keys.set(salt, key);
  const cipher = createCipheriv("aes-256-cbc", key, IV);
  return `${IV.toString("hex")}:${cipher.update(text, "utf8", "hex")}${cipher.final("hex")}`;
}

/** `_hashApiKey` of its apiKeyService. */
export function digestOf(key: string): string {
  return createHash("sha256").update(`${key}${ENCRYPTION_KEY}`).digest("hex");
}

export const KEYS = {
  alice: `cr_${"a1".repeat(32)}`,
  bob: `cr_${"b2".repeat(32)}`,
  carol: `cr_${"c3".repeat(32)}`,
};

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
export const IDS = {
  claude: id(1),
  setup: id(2),
  console: id(3),
  ccr: id(4),
  bedrock: id(5),
  gemini: id(6),
  geminiApi: id(7),
};
export const MORE_IDS = {
  codex: id(8),
  responses: id(9),
  azure: id(10),
  droid: id(11),
  droidKeys: id(12),
  antigravity: id(13),
};
export const GROUP = id(20);
export const KEY_IDS = { alice: id(31), bob: id(32), carol: id(33), gone: id(34) };

const common = (name: string, more: object = {}) => ({
  ...{ name, description: "", isActive: "true", schedulable: "true", priority: "50", accountType: "shared", proxy: "" },
  ...{ createdAt: "2026-01-01T00:00:00.000Z", lastUsedAt: "", status: "active", errorMessage: "" },
  ...more,
});

export const oauthBlob = {
  accessToken: "sk-ant-oat01-access",
  refreshToken: "sk-ant-ort01-refresh",
  expiresAt: 2_051_222_400_000,
};

export const REDIS: Record<string, unknown> = {
  [`claude:account:${IDS.claude}`]: {
    ...common("Max of Alice", {
      accountType: "dedicated",
      priority: "10",
      maxConcurrency: "2",
      autoStopOnWarning: "true",
    }),
    ...{ id: IDS.claude, platform: "claude", expiresAt: "2051222400000", scopes: "user:profile user:inference" },
    ...{ claudeAiOauth: sealed(JSON.stringify(oauthBlob), "salt"), email: sealed("alice@example.com", "salt") },
    ...{ accessToken: sealed(oauthBlob.accessToken, "salt"), refreshToken: sealed(oauthBlob.refreshToken, "salt") },
    ...{ subscriptionExpiresAt: "2027-01-31T00:00:00.000Z", useUnifiedUserAgent: "true", interceptWarmup: "false" },
    proxy: JSON.stringify({ type: "socks5", host: "10.0.0.1", port: 1080 }),
  },
  [`claude:account:${IDS.setup}`]: {
    ...common("Setup token"),
    ...{ id: IDS.setup, platform: "claude", expiresAt: "2051222400000", scopes: "user:inference", refreshToken: "" },
    accessToken: sealed("sk-ant-oat01-setup", "salt"),
  },
  [`claude_console_account:${IDS.console}`]: {
    ...common("GLM", {
      description: "the cheap one",
      dailyQuota: "20.5",
      quotaResetTime: "08:00",
      maxConcurrentTasks: "4",
    }),
    ...{ id: IDS.console, platform: "claude-console", apiUrl: "https://open.bigmodel.cn/api/anthropic" },
    ...{
      apiKey: sealed("glm-key-0123456789", "claude-console-salt"),
      rateLimitDuration: "60",
      userAgent: "claude-cli/1.0",
    },
    supportedModels: JSON.stringify({ "claude-sonnet-4-5": "glm-4.6", "claude-haiku-4-5": "claude-haiku-4-5" }),
  },
  [`ccr_account:${IDS.ccr}`]: {
    ...common("Router"),
    ...{
      id: IDS.ccr,
      platform: "ccr",
      apiUrl: "https://ccr.example.com",
      apiKey: sealed("ccr-key", "ccr-account-salt"),
    },
    ...{ supportedModels: "[]", dailyQuota: "0", userAgent: "" },
  },
  // Of Bedrock Redis has a text, and its switches are switches.
  [`bedrock_account:${IDS.bedrock}`]: JSON.stringify({
    ...common("Bedrock", { isActive: true, schedulable: true, priority: 50 }),
    ...{
      id: IDS.bedrock,
      region: "us-east-1",
      defaultModel: "us.anthropic.claude-sonnet-4-5",
      credentialType: "access_key",
    },
    awsCredentials: {
      encrypted: sealed(
        JSON.stringify({ accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" }),
        "salt",
      ).slice(33),
      iv: IV.toString("hex"),
    },
  }),
  [`gemini_account:${IDS.gemini}`]: {
    ...common("Code Assist"),
    ...{
      id: IDS.gemini,
      platform: "gemini",
      oauthProvider: "gemini-cli",
      projectId: "my-project-1",
      supportedModels: "",
    },
    ...{
      accessToken: sealed("ya29.access", "gemini-account-salt"),
      refreshToken: sealed("1//refresh", "gemini-account-salt"),
    },
    expiresAt: "2035-01-01T00:00:00.000Z",
  },
  [`gemini_account:${MORE_IDS.antigravity}`]: {
    ...common("Antigravity"),
    ...{ id: MORE_IDS.antigravity, platform: "gemini", oauthProvider: "antigravity", projectId: "" },
    geminiOauth: sealed(
      JSON.stringify({ access_token: "ya29.anti", refresh_token: "1//anti", expiry_date: 2_051_222_400_000 }),
      "gemini-account-salt",
    ),
  },
  [`gemini_api_account:${IDS.geminiApi}`]: {
    ...common("AI Studio"),
    ...{
      id: IDS.geminiApi,
      platform: "gemini-api",
      baseUrl: "https://generativelanguage.googleapis.com/v1beta/models/{model}:{action}",
    },
    ...{ apiKey: sealed("AIzaKey", "gemini-api-salt"), supportedModels: JSON.stringify(["gemini-2.5-pro"]) },
  },
  [`openai:account:${MORE_IDS.codex}`]: {
    ...common("ChatGPT"),
    ...{
      id: MORE_IDS.codex,
      accountId: "chatgpt-1",
      expiresAt: "2035-01-01T00:00:00.000Z",
      email: sealed("x", "openai-account-salt"),
    },
    ...{
      accessToken: sealed("eyJ.access", "openai-account-salt"),
      refreshToken: sealed("rt_1", "openai-account-salt"),
    },
  },
  [`openai_responses_account:${MORE_IDS.responses}`]: {
    ...common("OpenAI", { schedulable: "false" }),
    ...{
      id: MORE_IDS.responses,
      platform: "openai-responses",
      baseApi: "https://api.openai.com/v1",
      providerEndpoint: "responses",
    },
    apiKey: sealed("sk-proj-1", "openai-responses-salt"),
  },
  [`azure_openai:account:${MORE_IDS.azure}`]: {
    ...common("Azure"),
    ...{
      id: MORE_IDS.azure,
      azureEndpoint: "https://me.openai.azure.com",
      apiVersion: "2024-10-21",
      deploymentName: "gpt4o",
    },
    ...{
      apiKey: sealed("azure-key", "azure-openai-account-default-salt"),
      supportedModels: JSON.stringify(["gpt-4o"]),
    },
  },
  [`droid:account:${MORE_IDS.droid}`]: {
    ...common("Droid"),
    ...{
      id: MORE_IDS.droid,
      platform: "droid",
      endpointType: "anthropic",
      expiresAt: "2035-01-01T00:00:00.000Z",
      apiKeys: "",
    },
    ...{
      accessToken: sealed("droid-access", "droid-account-salt"),
      refreshToken: sealed("droid-refresh", "droid-account-salt"),
    },
  },
  [`droid:account:${MORE_IDS.droidKeys}`]: {
    ...common("Droid keys"),
    ...{
      id: MORE_IDS.droidKeys,
      platform: "droid",
      authenticationMethod: "api_key",
      accessToken: "",
      refreshToken: "",
    },
    apiKeys: JSON.stringify([
      { id: "1", hash: "x", encryptedKey: sealed("fk-one", "droid-account-salt"), status: "active" },
      { id: "2", hash: "y", encryptedKey: sealed("fk-two", "droid-account-salt"), status: "error" },
    ]),
  },
  "claude:account:index": [IDS.claude, IDS.setup],
  account_groups: [GROUP],
  [`account_group:${GROUP}`]: { id: GROUP, name: "Team", platform: "claude", description: "" },
  [`account_group_members:${GROUP}`]: [IDS.console, IDS.bedrock],
  "apikey:tags:all": ["team"],
  [`apikey:${KEY_IDS.alice}`]: {
    ...keyOf("Alice", KEY_IDS.alice, KEYS.alice),
    ...{ claudeAccountId: IDS.claude, tags: '["team","beta"]', userUsername: "alice", permissions: '["claude"]' },
    ...{ concurrencyLimit: "3", rateLimitWindow: "60", rateLimitRequests: "100", rateLimitCost: "2.5" },
    ...{
      dailyCostLimit: "5",
      totalCostLimit: "100",
      weeklyOpusCostLimit: "20",
      weeklyResetDay: "7",
      weeklyResetHour: "6",
    },
    ...{
      enableModelRestriction: "true",
      restrictedModels: '["claude-opus-4-1"]',
      expiresAt: "2030-01-01T00:00:00.000Z",
    },
    ...{ enableClientRestriction: "true", allowedClients: '["claude_code","codex_cli"]' },
  },
  [`usage:${KEY_IDS.alice}`]: {
    ...{ totalRequests: "41", totalInputTokens: "1000", totalOutputTokens: "200", totalTokens: "1200" },
    ...{ totalCacheCreateTokens: "30", totalCacheReadTokens: "4000", totalAllTokens: "5230" },
  },
  [`usage:cost:total:${KEY_IDS.alice}`]: "12.3456789",
  [`usage:cost:daily:${KEY_IDS.alice}:2026-11-26`]: "1.5",
  [`usage:cost:daily:${KEY_IDS.alice}:2026-11-25`]: "3",
  [`usage:opus:weekly:${KEY_IDS.alice}:2026-11-22T06`]: "4.5",
  [`apikey:${KEY_IDS.bob}`]: {
    ...keyOf("Bob", KEY_IDS.bob, KEYS.bob),
    ...{ claudeConsoleAccountId: `group:${GROUP}`, permissions: "all", tokenLimit: "5000", weeklyOpusCostLimit: "7" },
    ...{
      expirationMode: "activation",
      isActivated: "false",
      activationDays: "12",
      activationUnit: "hours",
      expiresAt: "",
    },
    serviceRates: '{"claude":1.5,"openai":1.5}',
  },
  [`apikey:${KEY_IDS.carol}`]: {
    ...keyOf("Carol", KEY_IDS.carol, KEYS.carol),
    isActive: "false",
    icon: "data:image/png;base64,AA==",
  },
  [`apikey:${KEY_IDS.gone}`]: { ...keyOf("Gone", KEY_IDS.gone, `cr_${"d4".repeat(32)}`), isDeleted: "true" },
};

function keyOf(name: string, keyId: string, key: string): Record<string, string> {
  return {
    ...{
      id: keyId,
      name,
      description: "",
      apiKey: digestOf(key),
      tokenLimit: "0",
      concurrencyLimit: "0",
      rateLimitWindow: "0",
    },
    ...{
      rateLimitRequests: "0",
      rateLimitCost: "0",
      isActive: "true",
      claudeAccountId: "",
      claudeConsoleAccountId: "",
    },
    ...{ geminiAccountId: "", openaiAccountId: "", azureOpenaiAccountId: "", bedrockAccountId: "", droidAccountId: "" },
    ...{ permissions: "[]", enableModelRestriction: "false", restrictedModels: "[]", enableClientRestriction: "false" },
    ...{ allowedClients: "[]", dailyCostLimit: "0", totalCostLimit: "0", weeklyOpusCostLimit: "0", tags: "[]" },
    ...{ activationDays: "0", activationUnit: "days", expirationMode: "fixed", isActivated: "true" },
    ...{
      activatedAt: "2026-02-01T00:00:00.000Z",
      createdAt: "2026-02-01T00:00:00.000Z",
      lastUsedAt: "",
      expiresAt: "",
    },
    ...{
      createdBy: "admin",
      userId: "",
      userUsername: "",
      icon: "",
      serviceRates: "{}",
      weeklyResetDay: "1",
      weeklyResetHour: "0",
    },
    ...{ enableOpenAIResponsesCodexAdaptation: "true", enableOpenAIResponsesPayloadRules: "false" },
  };
}
