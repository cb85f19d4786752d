import { describe, expect, it } from "vitest";
import type { Draft } from "../../../../scripts/relay/import/draft.ts";
import { convertOneApi } from "../../../../scripts/relay/import/one-api.ts";
import { convert } from "../../../../scripts/relay/import/sources.ts";
import { givenCredentials } from "../../../../src/admin/accounts/kind.ts";
import { createAccountBody } from "../../../../src/admin/accounts/schema.ts";
import { importApiKeysBody } from "../../../../src/admin/keys/import-schema.ts";
import { kindOf } from "../../../../src/providers/kinds.ts";
import {
  CCX_CONFIG,
  CHANNELS,
  MYSQL_DUMP,
  NEW_API_CHANNELS,
  NEW_API_TOKENS,
  OLD_CONFIG,
  PG_DUMP,
  SERVICE_ACCOUNT,
  SQLITE_DUMP,
  SQLITE_LINES_DUMP,
  SUB2API_EXPORT,
  SUB2API_KEYS,
  TOKENS,
} from "./other-fixtures.ts";

const CONTEXT = { encryptionKey: null, now: Date.UTC(2026, 10, 26, 12), offsetHours: 0, from: undefined };

function draftOf(value: unknown): Draft {
  const converted = convert(typeof value === "string" ? value : JSON.stringify(value), CONTEXT);
  if (!converted.ok) throw new Error(converted.refusal);
  takenAsItIs(converted.value);
  return converted.value;
}

/** The admin API would take each of the bodies. */
function takenAsItIs({ source, accounts, keys }: Draft): void {
  for (const { body } of accounts) {
    const read = createAccountBody.parse({ ...body, terms_acknowledged: true });
    const kind = kindOf(read.platform, read.kind);
    expect([body.name, kind && givenCredentials(kind, read).ok]).toEqual([body.name, true]);
  }
  for (const { body } of keys) importApiKeysBody.parse({ imported_from: source, keys: [body] });
}

const bodyOf = (draft: Draft, name: string) => draft.accounts.find(({ body }) => body.name === name)?.body;
const keyOf = (draft: Draft, name: string) => draft.keys.find(({ body }) => body.name === name);
const reasons = (draft: Draft, name: string) =>
  draft.findings
    .filter((finding) => finding.name === name)
    .map(({ outcome, what, reason }) => `${outcome} ${what}: ${reason}`);

it("a dump of a hundred thousand keys is read as quickly, for its length, as one of a few", () => {
  const [insert = ""] = /^INSERT INTO tokens .*$/m.exec(SQLITE_DUMP) ?? [];
  const more = Array.from({ length: 100_000 }, (_, at) => insert.replace("VALUES(1", `VALUES(${at + 2}`));
  const converted = convert([SQLITE_DUMP, ...more].join("\n"), CONTEXT);
  expect(converted.ok && converted.value.keys.length).toBe(100_001);
});

describe("claude-proxy and ccx", () => {
  const draft = draftOf(CCX_CONFIG);

  it("make an account of each channel, and of each of its base URLs", () => {
    expect(draft.source).toBe("claude-proxy");
    expect(draft.accounts.map(({ body }) => `${body.name}: ${body.platform} ${body.base_url}`)).toEqual([
      "Main: anthropic https://api.anthropic.com",
      "Relay: openai https://relay.example.com/v1",
      "Relay (2): openai https://backup.example.com/openai/v3",
      "Codex: openai https://codex.example.com/v1",
      "Google: gemini https://generativelanguage.googleapis.com/v1beta",
    ]);
    expect(bodyOf(draft, "Main")).toMatchObject({
      api_keys: ["sk-ant-1", "sk-ant-2"],
      priority: 1,
      extra_headers: { "X-Team": "a" },
    });
    expect(bodyOf(draft, "Relay")).toMatchObject({
      ...{
        protocols: ["chat"],
        max_concurrency: 5,
        schedulable: false,
        first_byte_timeout_seconds: 60,
        idle_timeout_seconds: 20,
      },
      model_mapping: { opus: "gpt-5", "*opus*": "gpt-5" },
      allowed_models: ["claude-*", "opus"],
    });
    expect(bodyOf(draft, "Codex")).toMatchObject({ protocols: ["responses"] });
  });

  it("say what a Worker cannot do, and what is done in another way", () => {
    expect(reasons(draft, "Relay")).toEqual([
      expect.stringContaining("changed modelMapping: "),
      expect.stringContaining("left_out supportedModels: an account cannot exclude models: !*haiku*"),
      expect.stringContaining("left_out insecureSkipVerify: "),
      expect.stringContaining("left_out proxyUrl: "),
      expect.stringContaining("left_out routePrefix: "),
      expect.stringContaining("left_out rateLimitRpm: "),
      expect.stringContaining("left_out disabledApiKeys: 1 keys"),
      expect.stringContaining("left_out reasoningMapping, fastMode: "),
    ]);
    expect(reasons(draft, "Main")).toEqual([expect.stringContaining("customHeaders: 1 of them")]);
    expect(reasons(draft, "No keys")).toEqual(["left_out : has no keys"]);
    expect(reasons(draft, "Odd")).toEqual([expect.stringContaining("without /v1 before /messages")]);
    expect(reasons(draft, "config.json").join("\n")).toContain(
      "left_out loadBalance: set the pool's strategy to round-robin",
    );
  });

  it("of before 2.0 pause the channels that were not in use", () => {
    const old = draftOf(OLD_CONFIG);
    expect(old.accounts.map(({ body }) => [body.name, body.schedulable])).toEqual([
      ["one", false],
      ["two", undefined],
    ]);
    // A channel of another format is asked for whatever its clients name.
    expect(bodyOf(old, "two")).toMatchObject({ platform: "gemini", allowed_models: ["*"] });
  });

  it("have their clients' keys in the .env beside it", () => {
    const { keys, findings } = draftOf(
      'PORT=3000\nPROXY_ACCESS_KEY="a-long-enough-access-key-1"\nEXTRA_PROXY_ACCESS_KEYS=second-long-enough-key-2,short\n',
    );
    expect(keys.map(({ body }) => body.api_key)).toEqual(["a-long-enough-access-key-1", "second-long-enough-key-2"]);
    expect(findings).toMatchObject([{ name: "EXTRA_PROXY_ACCESS_KEYS 2", outcome: "left_out" }]);
  });

  it("do not bring along the access key of their instructions, which everybody knows", () => {
    const { keys, findings } = draftOf(
      "PROXY_ACCESS_KEY=your-proxy-access-key\nEXTRA_PROXY_ACCESS_KEYS=a key with blanks in it\n",
    );
    expect(keys).toEqual([]);
    expect(findings.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("which everybody knows: make a key"),
      expect.stringContaining("has letters that no header carries"),
    ]);
  });
});

describe("sub2api", () => {
  it("has accounts with what each type proves itself with", () => {
    const draft = draftOf(SUB2API_EXPORT);
    expect(draft.accounts.map(({ body }) => `${body.name}: ${body.platform} × ${body.kind}`)).toEqual([
      "Max: anthropic × oauth",
      "Year: anthropic × setup-token",
      "Compatible: anthropic × api-key",
      "Bedrock: anthropic × bedrock",
      "ChatGPT: openai × codex-oauth",
      "OpenAI: openai × api-key",
      "Assist: gemini × code-assist",
      "Studio: gemini × api-key",
      "Anti: antigravity × oauth",
    ]);
    expect(bodyOf(draft, "Max")).toMatchObject({
      max_concurrency: 3,
      cost_multiplier: 1.5,
      expires_at: "2027-01-15T08:00:00.000Z",
    });
    expect(bodyOf(draft, "OpenAI")).toMatchObject({ base_url: "https://api.openai.com/v1" });
    expect(bodyOf(draft, "Compatible")).toMatchObject({
      allowed_models: ["claude-a", "claude-b"],
      model_mapping: { "claude-a": "glm-4.6" },
    });
    expect(reasons(draft, "Grok")).toEqual([
      expect.stringContaining("there is no grok account of the type oauth here"),
    ]);
    expect(reasons(draft, "Max")).toEqual([expect.stringContaining("proxy: a Worker cannot")]);
    expect(reasons(draft, "Compatible")).toEqual([
      expect.stringContaining("extra: settings of that relay's own: quota_limit"),
    ]);
  });

  it("has keys in its database, which keep their value, their quota and what is used of it", () => {
    const draft = draftOf(SUB2API_KEYS);
    expect(keyOf(draft, "Dora")?.body).toEqual({
      ...{
        name: "Dora",
        api_key: "sk-0123456789abcdef0123456789abcdef",
        total_cost_limit_usd: "50",
        used: { total_cost_usd: "12.5" },
      },
      ...{ expires_at: "2027-01-01T00:00:00.000Z", allowed_ips: ["10.0.0.0/8"], daily_cost_limit_usd: "3" },
    });
    expect(reasons(draft, "Dora").join("\n")).toContain("group_id: the group 4");
  });

  it("has keys whose day and week go on with what is spent of them, where those are under way", () => {
    const [row = {}] = SUB2API_KEYS;
    const windows = { window_1d_start: "2026-11-26T09:00:00Z", window_7d_start: "2026-11-18T09:00:00Z" };
    const draft = draftOf([{ ...row, ...windows, usage_1d: 2.5, usage_7d: 9 }]);
    expect(keyOf(draft, "Dora")?.body.used).toEqual({ total_cost_usd: "12.5", today_cost_usd: "2.5" });
  });
});

describe("one-api", () => {
  const draft = draftOf({ channels: CHANNELS, tokens: TOKENS });

  it("has an account for each channel whose format there is here, the first in line first", () => {
    expect(draft.source).toBe("one-api");
    expect(
      draft.accounts.map(
        ({ body }) => `${body.priority} ${body.name}: ${body.platform} × ${body.kind} ${body.base_url}`,
      ),
    ).toEqual([
      "10 OpenAI: openai × api-key https://api.openai.com/v1",
      "0 Claude: anthropic × api-key undefined",
      "10 Azure: openai × azure https://me.openai.azure.com",
      "10 DeepSeek: openai × api-key https://api.deepseek.com/v1",
      "10 Bedrock: anthropic × bedrock undefined",
      "10 Ark: openai × api-key https://ark.cn-beijing.volces.com/api/v3",
      "10 Own: openai × api-key https://own.example.com/v1",
    ]);
    expect(bodyOf(draft, "OpenAI")).toMatchObject({
      api_keys: ["sk-1", "sk-2"],
      allowed_models: ["gpt-4o", "gpt-4o-mini"],
      schedulable: false,
    });
    expect(bodyOf(draft, "Claude")).toMatchObject({ model_mapping: { "claude-3": "claude-sonnet-4-5" }, weight: 5 });
    expect(bodyOf(draft, "Azure")).toMatchObject({
      api_version: "2024-10-21",
      model_mapping: { "gpt-3.5-turbo": "gpt-35-turbo" },
    });
    expect(reasons(draft, "Baidu")).toEqual([expect.stringContaining("a channel of type 15 speaks a format")]);
    expect(reasons(draft, "Claude").join()).toContain("priority: the greater one came first");
  });

  it("has tokens that keep their value, with sk- before it, their quota in dollars, their models and addresses", () => {
    expect(keyOf(draft, "Erin")?.body).toEqual({
      ...{ name: "Erin", api_key: "sk-Jp3Vt8Qz1Wn6Xy5Rb0Lk7Mh2Gd9Fc4SaTeUiOvBwCxDyEzFf", total_cost_limit_usd: "3" },
      ...{
        used: { total_cost_usd: "1" },
        allowed_models: ["gpt-4o"],
        allowed_ips: ["192.168.0.0/24"],
        expires_at: "2027-01-15T08:00:00.000Z",
      },
    });
    expect(keyOf(draft, "Free")?.body).not.toHaveProperty("total_cost_limit_usd");
    expect(keyOf(draft, "Off")?.body).toMatchObject({ enabled: false });
  });

  it("parts its channels by groups, where they are in different ones", () => {
    expect(draft.groups.map(({ name, members }) => [name, members.length])).toEqual([
      ["one-api: default", 6],
      ["one-api: vip", 2],
    ]);
    expect(keyOf(draft, "Erin")?.bound).toEqual({ group: "group default" });
  });

  it.each([
    ["SQLite", SQLITE_DUMP],
    ["MySQL", MYSQL_DUMP],
    ["PostgreSQL", PG_DUMP],
  ])("comes out of a dump of %s the same as out of JSON", (_, dump) => {
    const read = draftOf(dump);
    expect(read.accounts).toEqual([
      {
        ref: "channel 1",
        body: expect.objectContaining({ name: "It's; (one)", api_keys: ["sk-1", "sk-2"], allowed_models: ["gpt-4o"] }),
      },
    ]);
    expect(read.keys).toMatchObject([{ body: { name: "tok, en", total_cost_limit_usd: "2" } }]);
  });

  it("has keys, mappings and service accounts of several lines in a dump of SQLite, where a backslash is a letter", () => {
    const read = draftOf(SQLITE_LINES_DUMP);
    expect(bodyOf(read, "Many")).toMatchObject({
      api_keys: ["sk-1", "sk-2"],
      allowed_models: ["gpt-4o", "gpt-4o-mini"],
      model_mapping: { "gpt-4": "gpt-4o" },
    });
    expect(bodyOf(read, "Newer")).toMatchObject({ api_keys: ["sk-3", "sk-4"], model_mapping: { 'a"b': "c" } });
    expect(bodyOf(read, "Vertex")?.service_account).toBe(JSON.stringify(SERVICE_ACCOUNT));
    expect(read.findings).toEqual([]);
  });

  it("has the same texts in a dump of PostgreSQL with INSERTs, whose escapes are marked", () => {
    const columns = '(id, type, key, name, models, "group", model_mapping)';
    const read = draftOf(
      String.raw`INSERT INTO public.channels ${columns} VALUES (1, 1, E'sk-1\nsk-2', 'Many', 'a', 'default', '{"a\"b": "c"}');`,
    );
    expect(bodyOf(read, "Many")).toMatchObject({ api_keys: ["sk-1", "sk-2"], model_mapping: { 'a"b': "c" } });
  });
});

describe("new-api", () => {
  it("is known by its columns, and has types of its own", () => {
    const draft = draftOf(NEW_API_CHANNELS);
    expect(draft.source).toBe("new-api");
    expect(draft.accounts.map(({ body }) => `${body.name}: ${body.platform} × ${body.kind} ${body.base_url}`)).toEqual([
      "xAI: openai × api-key https://api.x.ai/v1",
      "AWS: anthropic × bedrock undefined",
      "Vertex: anthropic × vertex undefined",
      "Codex: openai × codex-oauth undefined",
      "Custom: openai × api-key https://custom.example.com/v1/chat/completions#",
    ]);
    expect(bodyOf(draft, "xAI")).toMatchObject({ api_key: "xai-2" });
    expect(reasons(draft, "xAI")[0]).toContain("key: 1 of its keys had been put aside");
    expect(bodyOf(draft, "AWS")).toMatchObject({ aws_access_key_id: "AKIAIOSFODNN7EXAMPLE", aws_region: "eu-west-1" });
    expect(reasons(draft, "Midjourney")).toEqual([expect.stringContaining("of type 2 ")]);
  });

  it("has tokens with limits of models and addresses, which count where they are switched on", () => {
    const draft = draftOf(NEW_API_TOKENS);
    expect(keyOf(draft, "Finn")?.body).toMatchObject({
      allowed_models: ["gpt-5"],
      allowed_ips: ["1.2.3.4", "5.6.7.8"],
    });
    expect(keyOf(draft, "Gus")?.body).not.toHaveProperty("allowed_models");
    expect(keyOf(draft, "Gone")).toBeUndefined();
  });

  it("has a service account that was pasted with its lines, and says which keys of a channel want accounts of their own", () => {
    const row = { status: 1, models: "claude-sonnet-4-5", auto_ban: 1, base_url: "" };
    const file = JSON.stringify(
      { type: "service_account", project_id: "p", private_key: "k", client_email: "a@p" },
      null,
      2,
    );
    const { accounts, findings } = convertOneApi({
      channels: [
        { ...row, id: 1, type: 41, name: "Pasted", key: file, other: "us-east5" },
        { ...row, id: 2, type: 33, name: "Two", key: "AKIA1|s1|eu-west-1\nAKIA2|s2|eu-west-1" },
      ],
      tokens: [],
    });
    expect(accounts.map(({ body }) => [body.name, body.service_account ?? body.aws_access_key_id])).toEqual([
      ["Pasted", file],
      ["Two", "AKIA1"],
    ]);
    expect(findings).toMatchObject([
      { name: "Two", outcome: "left_out", what: "key", reason: expect.stringContaining("1 more") },
    ]);
  });

  it("says that channels of the admin API come without their keys", () => {
    const listed = {
      success: true,
      data: { items: [{ id: 1, type: 1, key: "", name: "x", models: "gpt-4o", auto_ban: 1, base_url: "" }] },
    };
    expect(reasons(draftOf(listed), "x")).toEqual([expect.stringContaining("the admin API leaves keys out")]);
  });
});
