import { expect, test } from "vitest";
import { type TargetCriteria, targetOf, targetsOf } from "../../src/pool/target.ts";
import { CHAT_USAGE } from "../../src/protocols/translate/chat-usage.ts";
import { BYTES } from "../../src/protocols/translate/lane.ts";
import { accountNamed } from "./accounts.ts";

const OPUS: TargetCriteria = {
  platforms: ["anthropic"],
  protocol: "anthropic",
  envelope: null,
  usageUnasked: false,
  task: null,
  model: "claude-opus-4-8",
  otherModels: [],
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
  const targets = targetsOf(accounts, { ...OPUS, platforms: ["droid", "anthropic"] });
  expect(targets.map(({ account }) => account.id)).toEqual(["droid", "expired"]);
});

test("an account is asked in the first of its wire formats that a lane leads to, and is no target where none does", () => {
  const both = accountNamed("a", { platform: "openai", protocols: ["responses", "chat"] });
  const streamed: TargetCriteria = { ...OPUS, platforms: ["openai"], protocol: "chat", usageUnasked: true };
  expect(targetsOf([both], streamed)).toMatchObject([{ protocol: "chat", lane: CHAT_USAGE }]);
  expect(targetsOf([both], { ...streamed, protocol: "gemini" })).toEqual([]);
});
