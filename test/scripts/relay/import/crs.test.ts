import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CRS_KINDS } from "../../../../scripts/relay/import/crs/kinds.ts";
import type { Draft, Finding } from "../../../../scripts/relay/import/draft.ts";
import { convert } from "../../../../scripts/relay/import/sources.ts";
import { givenCredentials } from "../../../../src/admin/accounts/kind.ts";
import { createAccountBody } from "../../../../src/admin/accounts/schema.ts";
import { importApiKeysBody } from "../../../../src/admin/keys/import-schema.ts";
import { kindOf } from "../../../../src/providers/kinds.ts";
import { SYNC, transferred } from "./crs-exports-fixture.ts";
import { digestOf, ENCRYPTION_KEY, GROUP, IDS, KEYS, NOW, REDIS } from "./crs-fixture.ts";

const CONTEXT = { encryptionKey: ENCRYPTION_KEY, now: NOW, offsetHours: 0, from: undefined };

function draftOf(value: unknown, context: Partial<typeof CONTEXT> | { encryptionKey: null } = {}): Draft {
  const converted = convert(JSON.stringify(value), { ...CONTEXT, ...context });
  if (!converted.ok) throw new Error(converted.refusal);
  return converted.value;
}

const bodyOf = (draft: Draft, name: string) => draft.accounts.find(({ body }) => body.name === name)?.body;
const keyOf = (draft: Draft, name: string) => draft.keys.find(({ body }) => body.name === name);
const about = (draft: Draft, name: string): string[] =>
  draft.findings.filter((finding: Finding) => finding.name === name).map(({ what, reason }) => `${what}: ${reason}`);

describe("all of claude-relay-service's Redis", () => {
  const draft = draftOf(REDIS);

  it("has an account here for each of the ten kinds, which the admin API takes as it is", () => {
    expect(draft.source).toBe("claude-relay-service");
    const kinds = new Set(draft.accounts.map(({ ref }) => ref.split(" ")[0]));
    expect([...kinds].sort()).toEqual(CRS_KINDS.map(({ name }) => name).sort());
    expect(draft.accounts.map(({ body }) => `${body.name}: ${body.platform} × ${body.kind}`).sort()).toEqual([
      "AI Studio: gemini × api-key",
      "Antigravity: antigravity × oauth",
      "Azure: openai × azure",
      "Bedrock: anthropic × bedrock",
      "ChatGPT: openai × codex-oauth",
      "Code Assist: gemini × code-assist",
      "Droid keys: droid × api-key",
      "Droid: droid × oauth",
      "GLM: anthropic × api-key",
      "Max of Alice: anthropic × oauth",
      "OpenAI: openai × api-key",
      "Router: anthropic × api-key",
      "Setup token: anthropic × setup-token",
    ]);
    for (const { body } of draft.accounts) {
      const read = createAccountBody.parse({ ...body, terms_acknowledged: true });
      const kind = kindOf(read.platform, read.kind);
      const given = kind && givenCredentials(kind, read);
      expect([body.name, given?.ok && given.value.length]).toEqual([body.name, body.name === "Droid keys" ? 2 : 1]);
    }
    for (const { body } of draft.keys) importApiKeysBody.parse({ imported_from: draft.source, keys: [body] });
  });

  it("opens what is sealed, with the salt of each kind", () => {
    expect(bodyOf(draft, "Max of Alice")).toMatchObject({
      ...{ priority: 10, max_concurrency: 2, expires_at: "2027-01-31T00:00:00.000Z" },
      oauth: {
        access_token: "sk-ant-oat01-access",
        refresh_token: "sk-ant-ort01-refresh",
        expires_at: "2035-01-01T00:00:00.000Z",
      },
    });
    expect(bodyOf(draft, "Bedrock")).toMatchObject({
      ...{
        aws_access_key_id: "AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG",
        aws_region: "us-east-1",
      },
    });
    expect(bodyOf(draft, "Droid keys")).toMatchObject({ api_keys: ["fk-one", "fk-two"] });
    expect(bodyOf(draft, "Antigravity")).toMatchObject({
      oauth: { access_token: "ya29.anti", refresh_token: "1//anti" },
    });
    expect(bodyOf(draft, "ChatGPT")).toMatchObject({ oauth: { account_id: "chatgpt-1" } });
    expect(bodyOf(draft, "OpenAI")).toMatchObject({
      api_key: "sk-proj-1",
      protocols: ["responses"],
      schedulable: false,
    });
    expect(bodyOf(draft, "AI Studio")).toMatchObject({
      base_url: "https://generativelanguage.googleapis.com",
      allowed_models: ["gemini-2.5-pro"],
    });
    expect(bodyOf(draft, "Azure")).toMatchObject({ model_mapping: { "gpt-4o": "gpt4o" }, api_version: "2024-10-21" });
  });

  it("keeps models, quotas and the prefix of ccr", () => {
    expect(bodyOf(draft, "GLM")).toMatchObject({
      ...{
        allowed_models: ["claude-sonnet-4-5", "claude-haiku-4-5"],
        model_mapping: { "claude-sonnet-4-5": "glm-4.6" },
      },
      ...{ daily_quota_usd: "20.5", quota_reset_hour: 8, max_concurrency: 4, note: "the cheap one" },
    });
    expect(bodyOf(draft, "Router")).toMatchObject({ allowed_models: ["ccr,*"], model_mapping: { "ccr,*": "*" } });
  });

  it("keeps every rule, limit and figure of a key", () => {
    expect(keyOf(draft, "Alice")?.body).toEqual({
      ...{
        name: "Alice",
        digest: digestOf(KEYS.alice),
        owner: "alice",
        tags: ["team", "beta"],
        permissions: ["anthropic"],
      },
      ...{ concurrency_limit: 3, rate_limit_window_minutes: 60, rate_limit_requests: 100, rate_limit_cost_usd: "2.5" },
      ...{ daily_cost_limit_usd: "5", weekly_cost_limit_usd: "20", total_cost_limit_usd: "100" },
      ...{ weekly_reset_day: 0, weekly_reset_hour: 6, expires_at: "2030-01-01T00:00:00.000Z" },
      ...{ denied_models: ["claude-opus-4-1"], allowed_clients: ["claude_code", "codex"] },
      used: {
        ...{ requests: 41, input_tokens: 1_000, output_tokens: 200, cache_write_tokens: 30, cache_read_tokens: 4_000 },
        ...{ total_cost_usd: "12.3456789", today_cost_usd: "1.5", week_cost_usd: "4.5" },
        first_used_at: "2026-02-01T00:00:00.000Z",
      },
    });
    expect(keyOf(draft, "Bob")?.body).toMatchObject({
      activation_hours: 12,
      cost_multiplier: 1.5,
      weekly_cost_limit_usd: "7",
    });
    expect(keyOf(draft, "Bob")?.body).not.toHaveProperty("rate_limit_tokens");
    expect(keyOf(draft, "Carol")?.body).toMatchObject({ enabled: false });
    expect(keyOf(draft, "Gone")).toBeUndefined();
  });

  it("lets a key have the accounts that it was bound to, with the shared ones of other services, and no other", () => {
    const membersOf = (name: string) => {
      const bound = keyOf(draft, name)?.bound;
      if (!bound) return null;
      return "account" in bound ? [bound.account] : draft.groups.find(({ ref }) => ref === bound.group)?.members;
    };
    // May use Claude alone: ccr's account is chosen by a prefix, whatever the binding.
    expect(membersOf("Alice")).toEqual([`claude ${IDS.claude}`, `ccr ${IDS.ccr}`]);
    expect(membersOf("Bob")).toContain(`claude-console ${IDS.console}`);
    expect(membersOf("Bob")).not.toContain(`claude ${IDS.claude}`);
    expect(membersOf("Bob")).toContain(`gemini-api ${IDS.geminiApi}`);
    // Carol is bound to nobody, and Alice's account is Alice's alone.
    expect(membersOf("Carol")).toHaveLength(12);
    expect(membersOf("Carol")).not.toContain(`claude ${IDS.claude}`);
    expect(draft.groups.find(({ ref }) => ref === `group ${GROUP}`)?.members).toHaveLength(2);
    expect(new Set(draft.groups.map(({ name }) => name)).size).toBe(draft.groups.length);
  });

  it("names what stays behind or means something else, with the reason", () => {
    expect(about(draft, "Max of Alice")).toEqual([
      expect.stringContaining("autoStopOnWarning: "),
      expect.stringContaining("useUnifiedUserAgent, useUnifiedClientId: a client is shown"),
      expect.stringContaining("proxy: a Worker cannot use one"),
    ]);
    expect(about(draft, "GLM")).toEqual([expect.stringContaining("userAgent: ")]);
    expect(about(draft, "Bob")).toEqual([
      "rateLimitRequests, rateLimitCost, tokenLimit: there was no window, so they limited nothing",
      "weeklyOpusCostLimit: counted Claude's models alone; here the weekly budget counts all",
    ]);
    expect(about(draft, "Carol")).toEqual(["icon: keys have none here"]);
    expect(about(draft, "Gone")).toEqual([": was deleted"]);
    expect(about(draft, "Azure")[0]).toContain("deploymentName: ");
  });

  it("has an account in use that had only been stopped by itself, and paused one that a person has stopped", () => {
    const stopped = (more: object) => {
      const key = `claude_console_account:${IDS.console}`;
      const record = {
        ...(REDIS[key] as object),
        isActive: "false",
        schedulable: "false",
        status: "rate_limited",
        ...more,
      };
      const read = draftOf({ ...REDIS, [key]: record });
      return { schedulable: bodyOf(read, "GLM")?.schedulable, said: about(read, "GLM").join("\n") };
    };
    const bySelf = stopped({ rateLimitAutoStopped: "true" });
    expect(bySelf.schedulable).toBeUndefined();
    expect(bySelf.said).toContain("schedulable: had been stopped by itself");
    const byPerson = stopped({ rateLimitAutoStopped: "" });
    expect(byPerson.schedulable).toBe(false);
    expect(byPerson.said).not.toContain("schedulable");
  });

  it("says nothing secret in its findings", () => {
    const said = JSON.stringify(draft.findings);
    for (const secret of ["sk-ant", "glm-key", "ya29", "AKIA", "fk-one", digestOf(KEYS.alice), ENCRYPTION_KEY]) {
      expect(said).not.toContain(secret);
    }
  });
});

describe("its other exports", () => {
  it("reads the accounts of the web API's export, and says what is not in it", () => {
    const draft = draftOf(SYNC, { encryptionKey: null });
    expect(draft.accounts.map(({ ref }) => ref.split(" ")[0])).toEqual([
      "claude",
      "claude-console",
      "openai",
      "openai-responses",
    ]);
    expect(bodyOf(draft, "Max of Alice")).toMatchObject({
      kind: "oauth",
      oauth: { refresh_token: "sk-ant-ort01-refresh" },
    });
    expect(bodyOf(draft, "GLM")).toMatchObject({
      api_key: "glm-key-0123456789",
      model_mapping: { "claude-a": "glm-4.6" },
      max_concurrency: 4,
    });
    expect(draft.findings.map(({ about, what }) => `${about}: ${what}`)).toContain(
      "file: keys, groups, other kinds of accounts",
    );
    // The same account has the same name in each export, so that it is made once.
    expect(draftOf(REDIS).accounts.map(({ ref }) => ref)).toEqual(
      expect.arrayContaining(draft.accounts.map(({ ref }) => ref)),
    );
  });

  it.each([{ decrypted: true }, { decrypted: false }])("reads the data export, %j", (how) => {
    const draft = draftOf(transferred(how), how.decrypted ? { encryptionKey: null } : {});
    expect(bodyOf(draft, "Max of Alice")).toMatchObject({
      oauth: { access_token: "sk-ant-oat01-access", refresh_token: "sk-ant-ort01-refresh" },
    });
    expect(bodyOf(draft, "Code Assist")).toMatchObject({
      oauth: { refresh_token: "1//refresh" },
      project_id: "my-project-1",
    });
    expect(keyOf(draft, "Alice")?.body).toMatchObject({
      digest: digestOf(KEYS.alice),
      used: { total_cost_usd: "12.3456789", week_cost_usd: "4.5" },
    });
    expect(keyOf(draft, "Alice")?.bound).toEqual({ account: `claude ${IDS.claude}` });
  });

  it("says what is sealed where the ENCRYPTION_KEY is missing or another one, and takes the rest", () => {
    const missing = draftOf(REDIS, { encryptionKey: null });
    expect(missing.accounts).toEqual([]);
    expect(about(missing, "GLM")).toEqual([": its apiKey is sealed: give the ENCRYPTION_KEY that it was sealed with"]);
    // Keys go by their digest; without accounts nothing binds them.
    expect(missing.keys.map(({ body }) => body.name)).toContain("Carol");
    const other = draftOf(REDIS, { encryptionKey: "another-key-another-key-another-k" });
    expect(about(other, "ChatGPT")).toEqual([expect.stringContaining("does not open with this ENCRYPTION_KEY")]);
  });

  it("says that budgets begin anew where an export has requests and no costs, as those of older versions", () => {
    const file = transferred({ decrypted: true }) as { data: { apiKeys: { usageStats: Record<string, unknown> }[] } };
    expect(about(draftOf(file), "Alice").join("\n")).not.toContain("costs: ");
    const { costTotal: _, ...without } = file.data.apiKeys[0]?.usageStats ?? {};
    const older = { ...file, data: { ...file.data, apiKeys: [{ ...file.data.apiKeys[0], usageStats: without }] } };
    expect(about(draftOf(older), "Alice")).toContainEqual(
      expect.stringContaining("costs: this export has requests and tokens alone"),
    );
  });

  it("refuses an export that was cut off on purpose, and files that are damaged or something else", () => {
    const refused = (text: string) => {
      const converted = convert(text, CONTEXT);
      return converted.ok ? "" : converted.refusal;
    };
    const sanitized = { ...transferred({ decrypted: true }), metadata: { sanitized: true } };
    expect(refused(JSON.stringify(sanitized))).toContain("--sanitize");
    expect(refused(JSON.stringify(REDIS).slice(0, -100))).toContain("broken off");
    expect(refused("{}")).toContain("is no export of any of claude-relay-service, claude-proxy");
    expect(refused("  ")).toBe("is empty");
    expect(refused("a,b\n1,2")).toContain("is no export of any of");
  });
});

it("dump.lua takes out what the converter reads", () => {
  const lua = readFileSync(new URL("../../../../scripts/relay/import/crs/dump.lua", import.meta.url), "utf8");
  const patterns = [...lua.matchAll(/'([^']*\*)'/g)].map(([, pattern]) => pattern);
  for (const { prefix } of CRS_KINDS) expect(patterns).toContain(`${prefix}*`);
  for (const prefix of [
    "apikey:",
    "account_group:",
    "account_group_members:",
    "usage:cost:total:",
    "usage:cost:daily:",
    "usage:opus:weekly:",
  ]) {
    expect(patterns).toContain(`${prefix}*`);
  }
});
