import { describe, expect, it } from "vitest";
import { demoAccountBody, demoPlan, PROVIDERS, providerSteps } from "../../../scripts/start/accounts.ts";
import type { AccountView } from "../../../src/admin/accounts/schema.ts";

const account = (fields: Partial<AccountView>): AccountView => ({
  id: "acc_1",
  name: "anthropic",
  platform: "anthropic",
  kind: "api-key",
  base_url: "https://api.anthropic.com",
  api_keys: [{ hint: "…abcd" }],
  sign_in_ends_at: null,
  egress: { via: "direct" },
  egress_header_names: [],
  owner: "",
  shared: false,
  group_ids: [],
  status: "ok",
  status_condition: null,
  status_reason: null,
  status_until: null,
  last_error: null,
  last_test: null,
  last_answered_at: null,
  temporary_states: [],
  provider_quota: null,
  unsupported_parameters: [],
  priority: 50,
  weight: 1,
  max_concurrency: null,
  protocols: [],
  quirks: {},
  api_version: "",
  project_id: "",
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
const demoOpenai = account({
  id: "acc_demo_openai",
  name: "demo openai",
  platform: "openai",
  base_url: "http://127.0.0.1:4321/v1",
});

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

/** The platforms that the demo answers for, each with the id of its account, and the accounts that it gives up. */
function planFor(accounts: AccountView[]) {
  const { run, retire } = demoPlan(accounts);
  return {
    run: run.map(({ provider, account: own }) => [provider.account.platform, own?.id ?? null]),
    retire: retire.map(({ id }) => id),
  };
}

describe("the demo accounts", () => {
  it("are made for every platform when there is no account at all", () => {
    const run = [
      ["anthropic", null],
      ["openai", null],
      ["gemini", null],
    ];
    expect(planFor([])).toEqual({ run, retire: [] });
  });

  it("are found again by name, platform and address, with the port that they remember", () => {
    const { run } = demoPlan([demo, demoOpenai]);
    expect(run.map(({ account: own }) => own)).toEqual([
      { id: "acc_demo", name: "demo", port: 4321, schedulable: true },
      { id: "acc_demo_openai", name: "demo openai", port: 4321, schedulable: true },
      null,
    ]);
  });

  it("serve again when the real accounts are all switched off", () => {
    expect(planFor([demo, account({ schedulable: false })]).run).toContainEqual(["anthropic", "acc_demo"]);
  });

  it("retire once a real account of their platform can serve, stay retired, and stay for the other platforms", () => {
    const run = [
      ["openai", "acc_demo_openai"],
      ["gemini", null],
    ];
    expect(planFor([demo, demoOpenai, account({})])).toEqual({ run, retire: ["acc_demo"] });
    expect(planFor([{ ...demo, schedulable: false }, demoOpenai, account({})])).toEqual({ run, retire: [] });
  });

  it("do not stand in for a Droid account, whose routes would fall back to them", () => {
    const droid = account({ platform: "droid" });
    expect(planFor([demo, demoOpenai, droid])).toEqual({
      run: [["gemini", null]],
      retire: ["acc_demo", "acc_demo_openai"],
    });
  });

  it("are not mistaken for accounts of the same name that a person pointed elsewhere", () => {
    const theirs = [account({ name: "demo" }), { ...demoOpenai, base_url: "http://127.0.0.1:11434/api" }];
    expect(planFor(theirs)).toEqual({ run: [["gemini", null]], retire: [] });
  });

  it("are recognised by what they are made with, and chosen last", () => {
    const made = PROVIDERS.map((provider) => demoAccountBody(provider, 4321));
    expect(made.map(({ name, base_url }) => [name, base_url])).toEqual([
      ["demo", "http://127.0.0.1:4321"],
      ["demo openai", "http://127.0.0.1:4321/v1"],
      ["demo gemini", "http://127.0.0.1:4321"],
    ]);
    const accounts = made.map(({ name, platform, base_url, priority }) =>
      account({ id: name, name, platform, base_url, priority }),
    );
    expect(demoPlan(accounts).run.map(({ account: own }) => own?.port)).toEqual([4321, 4321, 4321]);
    for (const { priority } of made) expect(priority).toBeGreaterThan(account({}).priority);
  });
});
