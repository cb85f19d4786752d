/** The table of kinds: it is whole, and what each says of models, base URLs and credentials. */
import { describe, expect, test } from "vitest";
import { PROTOCOLS } from "../../src/protocols/wire.ts";
import { KINDS, kindOf } from "../../src/providers/kinds.ts";
import { ROUTES } from "../../src/relay/routes.ts";

function known(platform: string) {
  const kind = kindOf(platform, "api-key");
  if (!kind) throw new Error(`There is no kind of ${platform}`);
  return kind;
}

const TRANSLATED = /^\/(?:openai\/claude|openai\/gemini|gemini-cli|antigravity)\//;

describe("the table of kinds", () => {
  test("has a kind for every platform and wire format that a route leads to without a translation", () => {
    for (const { platforms, protocol, path } of ROUTES) {
      if (TRANSLATED.test(path)) continue;
      for (const platform of platforms) {
        const protocols = KINDS.filter((kind) => kind.platform === platform).flatMap((kind) => kind.protocols);
        expect(protocols, `${path} at ${platform}`).toContain(protocol);
      }
    }
  });

  test.each(KINDS)("$platform × $name speaks something, and is tested in a format that it speaks", (kind) => {
    expect(kind.protocols.length).toBeGreaterThan(0);
    for (const protocol of kind.protocols) expect(PROTOCOLS).toContain(protocol);
    expect(kind.protocols).toContain(kind.check.protocol);
  });

  test("knows no kind by half of its name", () => {
    expect([kindOf("anthropic", "visa"), kindOf("antigravity", "api-key"), kindOf("", "")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test.each([
  ["anthropic", "claude-opus-4-1-20250805", "opus"],
  ["anthropic", "claude-3-5-sonnet-20241022", "sonnet"],
  ["anthropic", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "haiku"],
  ["anthropic", "Claude-Fable-5[1m]", "fable"],
  ["anthropic", "claude-2.1", null],
  ["anthropic", "glm-4.6", null],
  ["gemini", "models/gemini-2.5-pro", "gemini-2.5-pro"],
  ["gemini", "claude-opus-4-6-thinking", "claude-opus-4-6-thinking"],
  ["openai", "gpt-5.5", null],
  ["droid", "claude-opus-4-8", null],
] as const)("the family of %s's %s is %s", (platform, model, family) => {
  expect(known(platform).family(model)).toBe(family);
});

const PLACE = { model: "m", apiVersion: "" };

describe("the stored form of a base URL", () => {
  test.each([
    ["anthropic", "https://api.anthropic.com", "https://api.anthropic.com"],
    ["anthropic", "https://api.anthropic.com/", "https://api.anthropic.com"],
    ["anthropic", "https://api.anthropic.com/v1", "https://api.anthropic.com"],
    ["anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com"],
    ["anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com"],
    ["anthropic", "https://gateway.example.com/anthropic//", "https://gateway.example.com/anthropic"],
    ["anthropic", "https://gateway.example.com/claude/v1", "https://gateway.example.com/claude"],
    ["anthropic", "https://gateway.example.com/v10", "https://gateway.example.com/v10"],
    ["anthropic", " HTTPS://API.Anthropic.COM:443/v1 ", "https://api.anthropic.com"],
    ["anthropic", "http://2130706433:8080/v1", "http://127.0.0.1:8080"],
    ["anthropic", " no url", "no url"],
    ["openai", "https://up.example/v1/chat/completions/", "https://up.example/v1"],
    ["openai", "https://up.example/v1/responses", "https://up.example/v1"],
    ["openai", "https://up.example/v1/chat/completions#", "https://up.example/v1/chat/completions#"],
    ["gemini", "https://up.example/v1beta/models", "https://up.example"],
    ["droid", "https://up.example/llm/o/v1/chat/completions", "https://up.example/llm"],
    ["droid", "https://up.example/llm/a", "https://up.example/llm"],
  ])("%s: %s → %s", (platform, text, stored) => expect(known(platform).baseUrl.normalise(text)).toBe(stored));

  test("leads to the provider's paths, but an exact one nowhere else", () => {
    expect(known("anthropic").url("https://up.example", "anthropic", "/v1/messages", PLACE)).toBe(
      "https://up.example/v1/messages",
    );
    expect(known("droid").url("https://up.example", "anthropic", "/v1/messages", PLACE)).toBe(
      "https://up.example/a/v1/messages",
    );
    expect(known("droid").url("https://up.example", "chat", "/chat/completions", PLACE)).toBe(
      "https://up.example/o/v1/chat/completions",
    );
    expect(known("openai").url("https://up.example/x#", "chat", "/chat/completions", PLACE)).toBe(
      "https://up.example/x",
    );
  });
});

describe("a credential", () => {
  const BASE = "https://compatible.example";

  async function credentialOf(platform: string, baseUrl = BASE): Promise<Record<string, string>> {
    const draft = { method: "POST", url: baseUrl, headers: new Headers(), body: null };
    const upstream = { account: { baseUrl }, model: "m", protocol: known(platform).protocols[0], setting: () => "" };
    const sent = await known(platform).prepare(draft, upstream, { type: "api-key", secret: "sk-1" }, 0);
    return Object.fromEntries(sent?.headers ?? []);
  }

  test("goes where the provider looks for it, and an official API gets it once", async () => {
    expect(await credentialOf("anthropic", "https://api.anthropic.com")).toEqual({ "x-api-key": "sk-1" });
    expect(await credentialOf("anthropic")).toEqual({ "x-api-key": "sk-1", authorization: "Bearer sk-1" });
    expect(await credentialOf("openai")).toEqual({ authorization: "Bearer sk-1" });
    expect(await credentialOf("gemini")).toEqual({ "x-goog-api-key": "sk-1" });
    expect(await credentialOf("droid")).toEqual({ authorization: "Bearer sk-1" });
  });

  test("is one of several API keys, each once, or one key by itself", () => {
    const { credentialFields } = known("anthropic");
    const secretsOf = (fields: object) =>
      credentialFields.parse(fields).map((given) => given.type === "api-key" && given.secret);
    expect(secretsOf({ api_key: " a " })).toEqual(["a"]);
    expect(secretsOf({ api_keys: ["a", "b"] })).toEqual(["a", "b"]);
    expect(secretsOf({})).toEqual([]);
    for (const bad of [
      { api_key: "a", api_keys: ["b"] },
      { api_keys: ["a", "a"] },
      { api_key: "a b" },
      { other: "a" },
    ]) {
      expect(credentialFields.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
    }
  });
});
