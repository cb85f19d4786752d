/** The same claude-relay-service in its own two exports: the answer to its console's sync, and its transfer script's file. */
import { IDS, KEY_IDS, MORE_IDS, oauthBlob, REDIS } from "./crs-fixture.ts";

/** `GET /admin/sync/export-accounts?include_secrets=true`. */
export const SYNC = {
  success: true,
  data: {
    exportedAt: "2026-11-26T12:00:00.000Z",
    claudeAccounts: [
      {
        ...{
          kind: "claude-account",
          id: IDS.claude,
          name: "Max of Alice",
          platform: "claude",
          authType: "oauth",
          isActive: true,
        },
        ...{ description: "", schedulable: true, priority: 10, status: "active", proxy: null },
        credentials: {
          ...{
            access_token: oauthBlob.accessToken,
            refresh_token: oauthBlob.refreshToken,
            expires_at: "2026-11-27T12:00:00.000Z",
          },
          ...{
            expires_in: 28_800,
            scope: "user:profile user:inference",
            token_type: "Bearer",
            org_uuid: "o",
            account_uuid: "a",
          },
        },
        extra: { crs_account_id: IDS.claude },
      },
    ],
    claudeConsoleAccounts: [
      {
        ...{ kind: "claude-console-account", id: IDS.console, name: "GLM", platform: "claude-console", isActive: true },
        ...{ description: "", schedulable: true, priority: 50, status: "active", proxy: null, maxConcurrentTasks: 4 },
        credentials: {
          api_key: "glm-key-0123456789",
          base_url: "https://open.bigmodel.cn/api/anthropic",
          model_mapping: { "claude-a": "glm-4.6" },
        },
      },
    ],
    openaiOAuthAccounts: [
      {
        ...{
          kind: "openai-oauth-account",
          id: MORE_IDS.codex,
          name: "ChatGPT",
          platform: "openai",
          authType: "oauth",
          isActive: true,
        },
        ...{ description: "", schedulable: true, priority: 50, status: "active", proxy: null },
        credentials: {
          access_token: "eyJ.access",
          refresh_token: "rt_1",
          id_token: "eyJ.id",
          chatgpt_account_id: "chatgpt-1",
          expires_in: 864_000,
        },
      },
    ],
    openaiResponsesAccounts: [
      {
        ...{
          kind: "openai-responses-account",
          id: MORE_IDS.responses,
          name: "OpenAI",
          platform: "openai-responses",
          isActive: true,
        },
        ...{ description: "", schedulable: false, priority: 50, status: "active", proxy: null },
        credentials: { api_key: "sk-proj-1", base_url: "https://api.openai.com/v1" },
      },
    ],
  },
};

/** What `scripts/data-transfer-enhanced.js export` writes: keys with their figures, and two kinds of accounts, opened or not. */
export function transferred({ decrypted }: { decrypted: boolean }): object {
  const hash = (key: string) => REDIS[key] as Record<string, string>;
  const claude = hash(`claude:account:${IDS.claude}`);
  return {
    metadata: { version: "2.0", exportDate: "2026-11-26T12:00:00.000Z", sanitized: false, decrypted, types: ["all"] },
    data: {
      apiKeys: [
        {
          ...hash(`apikey:${KEY_IDS.alice}`),
          usageStats: {
            ...{
              total: REDIS[`usage:${KEY_IDS.alice}`],
              costTotal: "12.3456789",
              daily: {},
              monthly: {},
              hourly: {},
              models: {},
            },
            costDaily: { "2026-11-26": "1.5", "2026-11-25": "3" },
            opusWeekly: { "2026-11-22T06": "4.5" },
          },
        },
      ],
      claudeAccounts: [
        decrypted ? { ...claude, ...oauthBlob, expiresAt: claude.expiresAt, claudeAiOauth: oauthBlob } : claude,
      ],
      geminiAccounts: [
        decrypted
          ? { ...hash(`gemini_account:${IDS.gemini}`), accessToken: "ya29.access", refreshToken: "1//refresh" }
          : hash(`gemini_account:${IDS.gemini}`),
      ],
      admins: [{ id: "1", username: "admin" }],
    },
  };
}
