/**
 * The tables of fields, walked through the front door: whatever a key or an account has can be set, changed, seen,
 * and is told of in the audit trail. A field that is added to a table is asked for its two values here by the compiler.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT_FIELDS } from "../../src/admin/accounts/fields.ts";
import { withOtherUnits } from "../../src/admin/api/fields.ts";
import type { AuditForm } from "../../src/admin/audit/changes.ts";
import { POLICY_FIELDS, RECORD_FIELDS } from "../../src/admin/keys/fields.ts";
import { LOADED, loadedAs } from "../vault/google.ts";
import { asAdmin, type Body } from "./client.ts";

/** Two values that differ from what a new record has, as the API shows them. */
type Values<Fields> = { [Name in keyof Fields]: readonly [made: unknown, changed: unknown] };

/** Ids that the tests make. */
const bound: Record<"account" | "group", [string, string]> = { account: ["", ""], group: ["", ""] };

const KEY: Values<typeof POLICY_FIELDS & typeof RECORD_FIELDS> = {
  enabled: [false, true],
  permissions: [["anthropic", "gemini"], ["openai"]],
  allowed_models: [["claude-*"], ["gpt-*", "o1"]],
  denied_models: [["*-opus-*"], []],
  model_aliases: [{ fast: [{ model: "claude-haiku-4-5" }], "g-*": [{ model: "gpt-*" }] }, {}],
  allowed_clients: [["claude_code", "my-agent/*"], ["codex"]],
  allowed_ips: [["203.0.113.7", "10.0.0.0/8", "2001:db8::/32"], ["192.0.2.1"]],
  bound_account_id: bound.account,
  bound_group_id: bound.group,
  expires_at: ["2030-01-31T12:00:00.000Z", "2031-01-31T12:00:00.000Z"],
  activation_days: [30, 7],
  activation_hours: [36, 5],
  concurrency_limit: [5, 6],
  queue_size: [3, 0],
  queue_timeout_seconds: [20, 0],
  rate_limit_window_minutes: [60, 1],
  rate_limit_requests: [100, 1],
  rate_limit_tokens: [1_000_000, 2],
  rate_limit_cost_usd: ["1.5", "0.000000001"],
  daily_cost_limit_usd: ["10", "11"],
  weekly_cost_limit_usd: ["49.999999999", "1"],
  weekly_reset_day: [0, 6],
  weekly_reset_hour: [23, 1],
  total_cost_limit_usd: ["1000", "0.3"],
  token_limit: [5_000_000_000, 1],
  cost_multiplier: [1.25, 0],
  unpriced: ["refuse", "charge"],
  description: ["all of it", "a part"],
  owner: ["kim", "lee"],
  tags: [["team", "beta"], ["gamma"]],
};

/** What a field of a key needs beside it. */
const BESIDE: { [Name in keyof typeof KEY]?: object } = {
  queue_size: { concurrency_limit: 9 },
  rate_limit_requests: { rate_limit_window_minutes: 90 },
  rate_limit_tokens: { rate_limit_window_minutes: 90 },
  rate_limit_cost_usd: { rate_limit_window_minutes: 90 },
};

const ACCOUNT: Values<typeof ACCOUNT_FIELDS> = {
  name: ["first", "second"],
  priority: [10, 0],
  weight: [3, 4],
  max_concurrency: [4, 5],
  schedulable: [false, true],
  cost_multiplier: [1.25, 0],
  model_mapping: [{ "claude-*": "claude-opus" }, { "gpt-*": "claude-*", a: "b" }],
  protocols: [["anthropic"], []],
  // To the same host: another would need the key again.
  egress: [
    { via: "gateway", base_url: "https://gateway.test/a" },
    { via: "gateway", base_url: "https://gateway.test/b" },
  ],
  quirks: [
    { reasoning_history: "reasoning_content", without: ["stop"] },
    { top_k: true, efforts: null },
  ],
  api_version: ["2024-10-21", "preview"],
  project_id: ["my-project-1", ""],
  allowed_models: [["claude-sonnet-*", "claude-haiku-4-5"], ["gpt-*"]],
  daily_quota_usd: ["12.5", "3"],
  quota_reset_hour: [6, 23],
  expires_at: ["2031-05-01T00:00:00.000Z", "2032-05-01T00:00:00.000Z"],
  first_byte_timeout_seconds: [45, 0.5],
  idle_timeout_seconds: [0.5, 60],
  scheduled_test: [true, false],
  extra_headers: [{ "x-team": "red" }, { "x-more": "1" }],
  owner: ["ada", "bob"],
  shared: [true, false],
  note: ["paid until May", "unpaid"],
};

const NEW_ACCOUNT = { name: "an account", platform: "anthropic", kind: "api-key", api_key: "sk-ant-fields-0123456789" };

async function answered(method: string, path: string, body?: object): Promise<Body> {
  const answer = await asAdmin(method, path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
}

/** What has a project. */
const LICENCE = {
  ...{ name: "licence", platform: "gemini", kind: "code-assist", terms_acknowledged: true },
  oauth: { access_token: "access-1", refresh_token: "refresh-1", expires_at: 4_000_000_000 },
};

beforeAll(async () => {
  for (const at of [0, 1] as const) {
    bound.account[at] = (await answered("POST", "/admin/accounts", NEW_ACCOUNT)).id;
    bound.group[at] = (await answered("POST", "/admin/groups", { name: `bound ${at}` })).id;
  }
});

/** What the record's newest row of the audit trail has of its fields. */
async function told(target: string): Promise<Record<string, unknown>> {
  const { results } = await env.DB.prepare("SELECT changes FROM audit WHERE target = ? ORDER BY id DESC LIMIT 1")
    .bind(target)
    .all<{ changes: string }>();
  return JSON.parse(results[0]?.changes ?? "{}");
}

/** A change as the audit trail tells it. */
function change(form: AuditForm, old: unknown, now: unknown) {
  const forms: Record<AuditForm, (value: unknown) => unknown> = {
    value: (value) => value,
    length: (value) => `${String(value).length} characters`,
    names: (value) => Object.keys(Object(value)),
  };
  return { old: forms[form](old), new: forms[form](now) };
}

const inForce = async (id: string) => (await env.GATE.getByName(id).report(id))?.policy;

const KEY_FIELDS = { ...POLICY_FIELDS, ...RECORD_FIELDS };
const keyFields = Object.keys(KEY_FIELDS) as (keyof typeof KEY_FIELDS)[];
const accountFields = Object.keys(ACCOUNT_FIELDS) as (keyof typeof ACCOUNT_FIELDS)[];

const isIn = <Table extends object>(table: Table, name: PropertyKey): name is keyof Table => name in table;

describe.each(keyFields)("the field %s of a key", (name) => {
  const { audited, schema } = KEY_FIELDS[name];

  it("is set at creation, changed by a patch, seen, in force, told from old to new, and taken away by null", async () => {
    const [made, changed] = KEY[name];
    const body: Body = await answered("POST", "/admin/api-keys", { name: "a key", ...BESIDE[name], [name]: made });
    const path = `/admin/api-keys/${body.id}`;
    expect(body[name]).toEqual(made);
    const patched: Body = await answered("PATCH", path, { [name]: changed });
    const seen: Body = await answered("GET", path);
    expect([patched[name], seen[name]]).toEqual([changed, changed]);
    expect(await told(body.id)).toEqual({ [name]: change(audited, made, changed) });
    if (isIn(POLICY_FIELDS, name)) {
      expect((await inForce(body.id))?.[POLICY_FIELDS[name].at]).toEqual(schema.parse(changed));
    }
    if (schema.safeParse(null).success) {
      const without: Body = await answered("PATCH", path, { [name]: null });
      expect(without[name]).toBeNull();
    }
  });
});

describe.each(accountFields)("the field %s of an account", (name) => {
  const { audited, schema } = ACCOUNT_FIELDS[name];
  const [made, changed] = ACCOUNT[name];

  it("is set at creation, changed by a patch, seen, told from old to new, and taken away by null", async () => {
    const account = name === "project_id" ? LICENCE : NEW_ACCOUNT;
    const body: Body = await loadedAs(LOADED, () => answered("POST", "/admin/accounts", { ...account, [name]: made }));
    const path = `/admin/accounts/${body.id}`;
    expect(body[name]).toEqual(made);
    const patched: Body = await loadedAs(LOADED, () => answered("PATCH", path, { [name]: changed }));
    const seen: Body = await answered("GET", path);
    expect([patched[name], seen[name]]).toEqual([changed, changed]);
    expect(await told(body.id)).toEqual({ [name]: change(audited, made, changed) });
    if (schema.safeParse(null).success) {
      const without: Body = await answered("PATCH", path, { [name]: null });
      expect(without[name]).toBeNull();
    }
  });
});

/** The fields of a table with their first or second values, in one unit of what has two. */
function all(names: readonly string[], which: 0 | 1, unit: string): Record<string, unknown> {
  const others = withOtherUnits(KEY_FIELDS, [unit]);
  const own = names.filter((name) => name === unit || !others.has(name));
  return Object.fromEntries(own.map((name) => [name, KEY[name as keyof typeof KEY][which]]));
}

describe.each(["activation_days", "activation_hours"])("all fields of a key at once, its lifetime as %s", (unit) => {
  const policyFields = Object.keys(POLICY_FIELDS);

  it("are made, left alone by a change of the name, and changed by a change of many", async () => {
    const made = all(keyFields, 0, unit);
    const { id } = await answered("POST", "/admin/api-keys", { name: "everything", ...made });
    const path = `/admin/api-keys/${id}`;
    expect(await answered("PATCH", path, { name: "another name" })).toMatchObject(made);
    const changed = all(keyFields, 1, unit);
    await answered("PATCH", "/admin/api-keys/bulk", { ids: [id], ...changed });
    expect(await answered("GET", path)).toMatchObject(changed);
    expect(Object.keys(await told(id)).sort()).toEqual(Object.keys(changed).sort());
  });

  it("are a template's: for the keys made from it, for those it is applied to, and until they are unset", async () => {
    const made = all(policyFields, 0, unit);
    const gold = await answered("POST", "/admin/templates", { name: `of ${unit}`, description: "all", ...made });
    const path = `/admin/templates/${gold.id}`;
    expect(gold).toMatchObject({ ...made, description: "all" });
    expect(await answered("GET", path)).toEqual(gold);
    const key = await answered("POST", "/admin/api-keys", { name: "a key", rate_limit_tier: gold.name });
    expect(key).toMatchObject({ ...made, rate_limit_tier: gold.name });

    const changed = all(policyFields, 1, unit);
    await answered("PATCH", path, { ...changed, apply_to_keys: true });
    expect(await told(String(gold.id))).toMatchObject({ [unit]: { old: made[unit], new: changed[unit] } });
    expect(await answered("GET", `/admin/api-keys/${key.id}`)).toMatchObject(changed);
    const policy = await inForce(key.id);
    for (const [name, { at, schema }] of Object.entries(POLICY_FIELDS)) {
      if (name in changed) expect(policy?.[at]).toEqual(schema.parse(changed[name]));
    }

    const without = await answered("PATCH", path, { unset: Object.keys(made) });
    expect(Object.keys(without).filter((name) => name in POLICY_FIELDS)).toEqual([]);
  });
});
