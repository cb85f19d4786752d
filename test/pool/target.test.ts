import { describe, expect, test } from "vitest";
import { type TargetCriteria, targetOf, targetsOf } from "../../src/pool/target.ts";
import { CHAT_USAGE } from "../../src/protocols/translate/chat-usage.ts";
import { BYTES } from "../../src/protocols/translate/lane.ts";
import { accountNamed } from "./accounts.ts";

const OPUS: TargetCriteria = {
  platforms: ["anthropic"],
  own: ["anthropic"],
  kinds: null,
  protocol: "anthropic",
  envelope: null,
  usageUnasked: false,
  task: null,
  model: "claude-opus-4-8",
  otherModels: [],
  client: null,
};

test("a target has the account's own name for the model, what the provider limits with it, and what the upstream speaks", () => {
  const mapped = accountNamed("a", { modelMapping: { "claude-opus-*": "claude-sonnet-4-5" } });
  const [target] = targetsOf([mapped], OPUS);
  expect(target).toMatchObject({ model: "claude-sonnet-4-5", family: "sonnet", protocol: "anthropic", lane: BYTES });
  expect(target?.account).toBe(mapped);
});

test("a request about no model gets none, whatever an account makes of any name", () => {
  const mapped = accountNamed("a", { platform: "gemini", modelMapping: { "*": "gemini-2.5-pro" } });
  expect(targetOf(mapped, "", "gemini")).toMatchObject({ model: "", family: null });
});

test("every account that some key could be served by is a target, of each platform of the route and also when it has expired", () => {
  const accounts = [
    accountNamed("droid", { platform: "droid" }),
    accountNamed("expired", { expiresAt: 1 }),
    accountNamed("off", { schedulable: false }),
    accountNamed("other", { platform: "openai" }),
    accountNamed("sonnet", { allowedModels: ["claude-sonnet-*"] }),
    accountNamed("chat", { platform: "droid", protocols: ["chat"] }),
  ];
  const targets = targetsOf(accounts, { ...OPUS, platforms: ["droid", "anthropic"], own: ["droid", "anthropic"] });
  expect(targets.map(({ account }) => account.id)).toEqual(["droid", "expired"]);
});

test("an account is asked in the first of its wire formats that a lane leads to, and is no target where none does", () => {
  const both = accountNamed("a", { platform: "openai", protocols: ["responses", "chat"] });
  const streamed: TargetCriteria = {
    ...OPUS,
    platforms: ["openai"],
    own: ["openai"],
    protocol: "chat",
    usageUnasked: true,
  };
  expect(targetsOf([both], streamed)).toMatchObject([{ protocol: "chat", lane: CHAT_USAGE }]);
  expect(targetsOf([both], { ...streamed, protocol: "gemini" })).toEqual([]);
});

describe("an account of another platform than the path's", () => {
  const asked: TargetCriteria = { ...OPUS, platforms: ["anthropic", "droid", "openai", "gemini"] };
  const idsOf = (accounts: Parameters<typeof targetsOf>[0], criteria: Partial<TargetCriteria> = {}) =>
    targetsOf(accounts, { ...asked, ...criteria }).map(
      ({ account, claims }) => `${account.id}${claims ? "" : " unclaimed"}`,
    );

  test("serves what it names by its mapping or its list", () => {
    const accounts = [
      accountNamed("plain", { platform: "droid" }),
      accountNamed("listed", { platform: "droid", allowedModels: ["claude-*"] }),
      accountNamed("mapped", { platform: "droid", modelMapping: { "claude-opus-*": "glm-5" } }),
      accountNamed("otherwise", { platform: "droid", modelMapping: { "claude-sonnet-*": "glm-5" } }),
    ];
    expect(idsOf(accounts)).toEqual(["listed", "mapped"]);
  });

  test("serves its platform's own models, by their names, unless its list says otherwise", () => {
    const names = ["gpt-5.5", "o3-mini", "codex-mini", "chatgpt-4o-latest", "omni", "gemini-2.5-pro", "gemma-3"];
    const accounts = [
      accountNamed("o", { platform: "openai" }),
      accountNamed("not", { platform: "openai", allowedModels: ["x"] }),
    ];
    const served = (protocol: TargetCriteria["protocol"], own: TargetCriteria["own"]) =>
      names.map((model) => idsOf(accounts, { protocol, own, model }).join());
    expect(served("responses", ["droid"])).toEqual(["o", "o", "o", "o", "", "", ""]);
    const google = [accountNamed("g", { platform: "gemini" })];
    const likewise = names.map((model) => idsOf(google, { protocol: "gemini", own: ["droid"], model }).join());
    expect(likewise).toEqual(["", "", "", "", "", "g", "g"]);
  });

  test("leaves those of the path without a claim to its platform's models, unless they name them", () => {
    const accounts = [
      accountNamed("plain"),
      accountNamed("named", { allowedModels: ["gpt-*"] }),
      accountNamed("mapped", { modelMapping: { "gpt-*": "claude-sonnet-5" } }),
    ];
    expect(idsOf(accounts, { model: "gpt-5.5" })).toEqual(["plain unclaimed", "named", "mapped"]);
    expect(idsOf(accounts, { model: "glm-5" })).toEqual(["plain unclaimed", "mapped unclaimed"]);
    // Where the path fixes the platform nobody else has it.
    expect(idsOf(accounts, { model: "gpt-5.5", platforms: ["anthropic"] })).toEqual([
      "plain unclaimed",
      "named",
      "mapped",
    ]);
  });
});
