import { describe, expect, it } from "vitest";
import { demoAccountBody, demoStep, providerSteps, servesGemini } from "../../../scripts/start/accounts.ts";
import type { AccountView } from "../../../src/admin/schemas/accounts.ts";

const account = (fields: Partial<AccountView>): AccountView => ({
  id: "acc_1",
  name: "anthropic",
  platform: "anthropic",
  kind: "api-key",
  base_url: "https://api.anthropic.com",
  api_keys: [{ hint: "…abcd" }],
  group_ids: [],
  status: "ok",
  temporary_states: [],
  priority: 50,
  weight: 1,
  max_concurrency: null,
  protocols: [],
  cost_multiplier: 1,
  schedulable: true,
  model_mapping: {},
  allowed_models: [],
  daily_quota_usd: null,
  quota_reset_hour: 0,
  expires_at: null,
  first_byte_timeout_seconds: null,
  idle_timeout_seconds: null,
  scheduled_test: false,
  extra_headers: {},
  note: "",
  created_at: "2026-01-01T00:00:00.000Z",
  updated_at: "2026-01-01T00:00:00.000Z",
  ...fields,
});
const demo = account({ id: "acc_demo", name: "demo", base_url: "http://127.0.0.1:4321" });

describe("accounts from provider keys in the environment", () => {
  it("creates one account per key, at the provider's own address", () => {
    const steps = providerSteps([], { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o", GEMINI_API_KEY: " g " });
    expect(steps.map((step) => (step.do === "create" ? [step.account.base_url, step.account.api_key] : step))).toEqual([
      ["https://api.anthropic.com", "a"],
      ["https://api.openai.com/v1", "o"],
      ["https://generativelanguage.googleapis.com", "g"],
    ]);
  });

  it("does nothing without a key, with an empty one, or when the account has it already", () => {
    expect(providerSteps([], { ANTHROPIC_API_KEY: "" })).toEqual([]);
    expect(providerSteps([account({})], { ANTHROPIC_API_KEY: "sk-ant-abcd" })).toEqual([]);
  });

  it("hands a new key to the account that has one key, and leaves one with several alone", () => {
    const env = { ANTHROPIC_API_KEY: "sk-ant-wxyz" };
    expect(providerSteps([account({})], env)).toEqual([
      { do: "change key", variable: "ANTHROPIC_API_KEY", id: "acc_1", api_key: "sk-ant-wxyz" },
    ]);
    expect(providerSteps([account({ api_keys: [{ hint: "…1111" }, { hint: "…2222" }] })], env)).toEqual([]);
  });
});

describe("the demo account", () => {
  it("runs when there is no account at all, and again on the port that its account remembers", () => {
    expect(demoStep([])).toEqual({ do: "run", account: null });
    expect(demoStep([demo])).toEqual({ do: "run", account: { id: "acc_demo", port: 4321, schedulable: true } });
  });

  it("runs when the real accounts are all switched off", () => {
    expect(demoStep([demo, account({ schedulable: false })])).toMatchObject({ do: "run" });
  });

  it("retires once a real account can serve, and stays retired", () => {
    expect(demoStep([demo, account({})])).toEqual({ do: "retire", id: "acc_demo" });
    expect(demoStep([{ ...demo, schedulable: false }, account({})])).toEqual({ do: "nothing" });
  });

  it("is not mistaken for an account of the same name that a person pointed elsewhere", () => {
    expect(demoStep([account({ name: "demo" })])).toEqual({ do: "nothing" });
  });

  it("is chosen last", () => {
    expect(demoAccountBody(1).priority).toBeGreaterThan(account({}).priority);
  });

  it("does not answer Gemini clients", () => {
    const gemini = account({ platform: "gemini" });
    expect([servesGemini([demo]), servesGemini([demo, gemini])]).toEqual([false, true]);
    expect(servesGemini([{ ...gemini, schedulable: false }])).toBe(false);
  });
});
