/** Accounts for tests of the pool: healthy, of Anthropic, with one key and without rules, unless stated otherwise. */
import type { Account } from "../../src/pool/account.ts";
import { kindOf } from "../../src/providers/kinds.ts";

export function accountNamed(id: string, { platform = "anthropic", ...fields }: Partial<Account> = {}): Account {
  const kind = kindOf(platform, "api-key");
  if (!kind) throw new Error(`There is no kind of ${platform}`);
  return {
    id,
    name: id,
    platform,
    kind,
    baseUrl: "https://api.anthropic.com",
    egress: { via: "direct" },
    egressHeaders: null,
    priority: 50,
    weight: 1,
    maxConcurrency: null,
    costMultiplierMilli: 1000,
    schedulable: true,
    protocols: kind.protocols,
    quirks: {},
    apiVersion: "",
    gaps: new Map(),
    allowedModels: [],
    modelMapping: {},
    dailyQuotaNanos: null,
    quotaResetHour: 0,
    expiresAt: null,
    firstByteTimeoutMs: null,
    idleTimeoutMs: null,
    scheduledTest: false,
    extraHeaders: {},
    owner: "",
    shared: false,
    apiKeys: [{ id: "0-aaaa", position: 0, sealed: "" }],
    ...fields,
  };
}
