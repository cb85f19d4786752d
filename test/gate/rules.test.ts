import { describe, expect, test } from "vitest";
import { ruleRefusal } from "../../src/gate/rules.ts";
import { inRange, isRange } from "../../src/ground/addresses.ts";
import { matches } from "../../src/ground/patterns.ts";
import { OPEN_POLICY } from "../../src/keys/policy.ts";

const INPUT = {
  platforms: ["anthropic"] as const,
  model: "claude-sonnet-4-5",
  client: "claude_code",
  userAgent: "claude-cli/2.1.329 (external, cli)",
  ip: "203.0.113.9",
};

describe("patterns", () => {
  test.each([
    ["claude-*", "claude-opus-4-5", true],
    ["*opus*", "claude-opus-4-5", true],
    ["CLAUDE-*-4-5", "claude-opus-4-5", true],
    ["claude-opus-4-5", "claude-opus-4-5", true],
    ["claude-opus", "claude-opus-4-5", false],
    ["*-4-6", "claude-opus-4-5", false],
    ["a*a", "a", false],
    ["a*b*b", "ab", false],
    ["*", "", true],
    ["**", "x", true],
    ["a.c", "abc", false],
  ])("%s on %s: %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });
});

describe("rules", () => {
  test.each([
    ["an open policy", {}, null],
    ["a disabled key", { enabled: false }, "key_disabled"],
    ["a platform that is not permitted", { permissions: ["gemini" as const] }, "platform_denied"],
    ["a model that is not allowed", { allowedModels: ["claude-opus-*"] }, "model_denied"],
    ["a denied model, though allowed", { allowedModels: ["*"], deniedModels: ["*sonnet*"] }, "model_denied"],
    ["another client", { allowedClients: ["codex"] }, "client_denied"],
    ["a client by id", { allowedClients: ["codex", "claude_code"] }, null],
    ["a client by user agent", { allowedClients: ["claude-cli/2.1.*"] }, null],
    ["an address outside", { allowedIps: ["198.51.100.0/24", "2001:db8::/32"] }, "ip_denied"],
    ["an address inside", { allowedIps: ["203.0.113.0/28"] }, null],
  ])("%s", (_, policy, reason) => {
    expect(ruleRefusal({ ...OPEN_POLICY, ...policy }, INPUT)?.reason ?? null).toBe(reason);
  });

  test.each([
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
    "claude-sonnet-4-5[1m]",
    "claude-sonnet-4-5@20250929",
  ])("a denial holds for the model by another name, or one that tells none: %s", (model) => {
    for (const pattern of ["claude-sonnet-*", "claude-sonnet-4-5"]) {
      const refused = ruleRefusal({ ...OPEN_POLICY, deniedModels: [pattern] }, { ...INPUT, model });
      expect(refused?.reason).toBe("model_denied");
    }
    const other = ruleRefusal({ ...OPEN_POLICY, deniedModels: ["claude-haiku-*"] }, { ...INPUT, model });
    expect(other?.reason ?? null).toBe(model.includes("application-") ? "model_denied" : null);
  });

  test("an unknown address is outside every list", () => {
    expect(ruleRefusal({ ...OPEN_POLICY, allowedIps: ["0.0.0.0/0"] }, { ...INPUT, ip: null })).toEqual({
      reason: "ip_denied",
    });
  });
});

describe("addresses", () => {
  test.each([
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.3", "0.0.0.0/0", true],
    ["2001:db8::1", "2001:db8::/32", true],
    ["2001:db9::1", "2001:db8::/32", false],
    ["::1", "::1/128", true],
    ["::ffff:10.1.2.3", "10.0.0.0/8", true],
    ["10.1.2.3", "::ffff:10.0.0.0/104", true],
    ["10.1.2.3", "::/0", false],
    ["2001:db8:0:0:0:0:0:1", "2001:db8::1", true],
    ["010.1.2.3", "10.0.0.0/8", false],
    ["10.1.2", "10.0.0.0/8", false],
    ["nonsense", "0.0.0.0/0", false],
  ])("%s in %s: %s", (ip, range, expected) => {
    expect(inRange(ip, range)).toBe(expected);
  });

  test.each([
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "1.2.3.4.5",
    "::1::2",
    "2001:db8:::",
    "g::1",
    "",
    "10.0.0.0/",
  ])("%s is no range", (range) => {
    expect(isRange(range)).toBe(false);
  });
});
