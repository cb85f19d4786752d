/** Accounts as tests of the pool want them: well, of Anthropic, with one key and no rules, but for what is said. */
import type { Account } from "../../src/pool/account.ts";

export function accountNamed(id: string, fields: Partial<Account> = {}): Account {
  return {
    id,
    name: id,
    platform: "anthropic",
    kind: "api-key",
    baseUrl: "https://api.anthropic.com",
    priority: 50,
    weight: 1,
    maxConcurrency: null,
    costMultiplierMilli: 1000,
    schedulable: true,
    protocols: [],
    allowedModels: [],
    modelMapping: {},
    dailyQuotaNanos: null,
    quotaResetHour: 0,
    expiresAt: null,
    firstByteTimeoutMs: null,
    idleTimeoutMs: null,
    scheduledTest: false,
    extraHeaders: {},
    apiKeys: [{ id: "0-aaaa", secret: "sk" }],
    ...fields,
  };
}
