import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { verifyApiKey } from "../../src/keys/api-key.ts";
import { INPUT } from "../gate/key.ts";
import { asAdmin, type Body, everything } from "./client.ts";

const create = async (fields: object = {}): Promise<Body> =>
  (await asAdmin("POST", "/admin/api-keys", { name: "a key", ...fields })).body;

const inForce = async (id: string) => (await env.GATE.getByName(id).report(id))?.policy ?? null;

const FULL = {
  name: "everything",
  description: "all of it",
  owner: "kim",
  tags: ["team", "beta"],
  enabled: true,
  permissions: ["anthropic", "gemini"],
  allowed_models: ["claude-*"],
  denied_models: ["*-opus-*"],
  allowed_clients: ["claude_code", "my-agent/*"],
  allowed_ips: ["203.0.113.7", "10.0.0.0/8", "2001:db8::/32"],
  bound_account_id: null,
  bound_group_id: null,
  expires_at: "2030-01-31T12:00:00.000Z",
  activation_days: 30,
  activation_hours: null,
  concurrency_limit: 5,
  queue_size: 3,
  queue_timeout_seconds: 20,
  rate_limit_window_minutes: 60,
  rate_limit_requests: 100,
  rate_limit_tokens: 1_000_000,
  rate_limit_cost_usd: "1.5",
  daily_cost_limit_usd: "10",
  weekly_cost_limit_usd: "49.999999999",
  weekly_reset_day: 0,
  weekly_reset_hour: 23,
  total_cost_limit_usd: "1000",
  token_limit: 5_000_000_000,
  cost_multiplier: 1.25,
};

describe("making a key", () => {
  it("answers a genuine key once, and never again unasked", async () => {
    const { status, body } = await asAdmin("POST", "/admin/api-keys", { name: "mine" });
    expect(status).toBe(201);
    expect(body.api_key).toMatch(/^cr_[0-9a-f]{64}$/);
    expect(await verifyApiKey(body.api_key, env.KEY_SECRET)).toBe(body.id);
    expect(body.hint).toBe(`…${body.api_key.slice(-4)}`);

    const { api_key, ...rest } = body;
    expect((await asAdmin("GET", `/admin/api-keys/${body.id}`)).body).toMatchObject(rest);
    for (const path of [`/admin/api-keys/${body.id}`, "/admin/api-keys", `/admin/api-keys/${body.id}?reveal=0`]) {
      expect(JSON.stringify((await asAdmin("GET", path)).body)).not.toContain(api_key.slice(3, 20));
    }
    expect(await everything()).not.toContain(api_key.slice(3, 20));
  });

  it("has no limits unless they are given", async () => {
    expect(await create()).toMatchObject({
      enabled: true,
      permissions: [],
      allowed_models: [],
      concurrency_limit: null,
      rate_limit_window_minutes: null,
      daily_cost_limit_usd: null,
      token_limit: null,
      expires_at: null,
      activation_days: null,
      activation_hours: null,
      cost_multiplier: 1,
      deleted_at: null,
    });
  });

  it("gives its gate the fields in the units that the gate counts in", async () => {
    const body = await create(FULL);
    expect(await inForce(body.id)).toMatchObject({
      concurrency: 5,
      queueTimeoutMs: 20_000,
      windowMs: 3_600_000,
      windowCostNanos: 1_500_000_000,
      weeklyCostNanos: 49_999_999_999,
      activationMs: 30 * 86_400_000,
      expiresAt: Date.parse(FULL.expires_at),
      costMultiplierMilli: 1_250,
    });
  });

  it("reads money as a string or a number, and times in any zone", async () => {
    const body = await create({
      daily_cost_limit_usd: 0.1,
      total_cost_limit_usd: "0.30",
      cost_multiplier: "0",
      expires_at: "2030-01-01T02:00:00+02:00",
      activation_hours: 36,
    });
    expect(body).toMatchObject({
      daily_cost_limit_usd: "0.1",
      total_cost_limit_usd: "0.3",
      cost_multiplier: 0,
      expires_at: "2030-01-01T00:00:00.000Z",
      activation_days: null,
      activation_hours: 36,
    });
  });

  it("binds to an account that exists", async () => {
    const account = await asAdmin("POST", "/admin/accounts", {
      name: "bound",
      platform: "anthropic",
      kind: "api-key",
      api_key: "sk-bound-0123456789",
    });
    expect((await create({ bound_account_id: account.body.id })).bound_account_id).toBe(account.body.id);
  });

  it.each([
    ["name", { name: "" }],
    ["daily_limit_usd", { daily_limit_usd: 5 }],
    ["rate_limit_tier", { rate_limit_tier: "gold" }],
    ["permissions.0", { permissions: ["claude"] }],
    ["allowed_models.0", { allowed_models: [""] }],
    ["allowed_ips.1", { allowed_ips: ["10.0.0.1", "10.0.0.0/33"] }],
    ["allowed_ips.0", { allowed_ips: ["localhost"] }],
    ["bound_account_id", { bound_account_id: "acc_nope" }],
    ["bound_group_id", { bound_group_id: "grp_nope" }],
    ["expires_at", { expires_at: "tomorrow" }],
    ["expires_at", { expires_at: "2030-01-01T00:00:00" }],
    ["expires_at", { expires_at: "2030-02-30T00:00:00Z" }],
    ["activation_days", { activation_days: 0 }],
    ["activation_hours", { activation_days: 1, activation_hours: 1 }],
    ["concurrency_limit", { concurrency_limit: 0 }],
    ["concurrency_limit", { concurrency_limit: "5" }],
    ["queue_size", { queue_size: 1 }],
    ["rate_limit_requests", { rate_limit_requests: 5 }],
    ["rate_limit_tokens", { rate_limit_tokens: 5 }],
    ["rate_limit_cost_usd", { rate_limit_cost_usd: 5 }],
    ["daily_cost_limit_usd", { daily_cost_limit_usd: -1 }],
    ["daily_cost_limit_usd", { daily_cost_limit_usd: "0" }],
    ["daily_cost_limit_usd", { daily_cost_limit_usd: "1.0000000001" }],
    ["daily_cost_limit_usd", { daily_cost_limit_usd: "five" }],
    ["daily_cost_limit_usd", { daily_cost_limit_usd: true }],
    ["total_cost_limit_usd", { total_cost_limit_usd: "99999999999" }],
    ["token_limit", { token_limit: 1.5 }],
    ["weekly_reset_day", { weekly_reset_day: 7 }],
    ["weekly_reset_hour", { weekly_reset_hour: 24 }],
    ["cost_multiplier", { cost_multiplier: 0.0001 }],
    ["tags.0", { tags: [" "] }],
    ["api_key", { api_key: "cr_mine" }],
  ])("refuses a bad %s by name and changes nothing: %j", async (field, fields) => {
    const before = await everything();
    const { status, body } = await asAdmin("POST", "/admin/api-keys", { name: "a key", ...fields });
    expect(status).toBe(400);
    expect(body.error.details?.map((detail) => detail.field)).toEqual([field]);
    expect(await everything()).toBe(before);
  });
});

describe("changing a key", () => {
  it("changes what is given, takes away what is null, leaves the rest, and is in force at once", async () => {
    const { id } = await create(FULL);
    const changed = await asAdmin("PATCH", `/admin/api-keys/${id}`, {
      name: "renamed",
      tags: ["one"],
      daily_cost_limit_usd: null,
      token_limit: 7,
      denied_models: [],
      expires_at: null,
    });
    expect(changed.status).toBe(200);
    const expected = {
      ...FULL,
      name: "renamed",
      tags: ["one"],
      daily_cost_limit_usd: null,
      token_limit: 7,
      denied_models: [],
      expires_at: null,
    };
    expect(changed.body).toMatchObject(expected);
    expect((await asAdmin("GET", `/admin/api-keys/${id}`)).body).toMatchObject(expected);
    expect(await inForce(id)).toMatchObject({
      dailyCostNanos: null,
      totalTokens: 7,
      deniedModels: [],
      expiresAt: null,
    });

    await asAdmin("PATCH", `/admin/api-keys/${id}`, { enabled: false });
    expect((await inForce(id))?.enabled).toBe(false);
  });

  it("turns a lifetime in days into one in hours, and takes it away", async () => {
    const { id } = await create({ activation_days: 2 });
    const patch = async (fields: object) => {
      const { body } = await asAdmin("PATCH", `/admin/api-keys/${id}`, fields);
      return [body.activation_days, body.activation_hours];
    };
    expect(await patch({ activation_hours: 5 })).toEqual([null, 5]);
    expect(await patch({ activation_days: 3, activation_hours: null })).toEqual([3, null]);
    expect(await patch({ name: "x" })).toEqual([3, null]);
    expect(await patch({ activation_days: null })).toEqual([null, null]);
  });

  it("refuses to leave a window limit without its window, and changes nothing", async () => {
    const { id } = await create({ rate_limit_window_minutes: 1, rate_limit_requests: 5 });
    const before = await everything();
    const { status, body } = await asAdmin("PATCH", `/admin/api-keys/${id}`, { rate_limit_window_minutes: null });
    expect([status, body.error.details?.[0]?.field]).toEqual([400, "rate_limit_requests"]);
    expect(await everything()).toBe(before);
    const both = { rate_limit_window_minutes: null, rate_limit_requests: null };
    expect((await asAdmin("PATCH", `/admin/api-keys/${id}`, both)).status).toBe(200);
  });

  it("lets neither of two simultaneous changes undo the other, in the record and at the gate", async () => {
    const { id } = await create();
    const fields = [{ concurrency_limit: 3 }, { token_limit: 9 }, { enabled: false }, { weekly_reset_hour: 4 }];
    const answers = await Promise.all(fields.map((field) => asAdmin("PATCH", `/admin/api-keys/${id}`, field)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);

    const stored = await env.DB.prepare("SELECT policy FROM api_keys WHERE id = ?").bind(id).first<string>("policy");
    expect((await asAdmin("GET", `/admin/api-keys/${id}`)).body).toMatchObject(Object.assign({}, ...fields));
    expect(await inForce(id)).toEqual(JSON.parse(stored ?? ""));
    const updates = await env.DB.prepare(
      "SELECT count(*) AS n FROM audit WHERE target = ? AND action = 'api-key.update'",
    )
      .bind(id)
      .first("n");
    expect(updates).toBe(fields.length);
  });

  it("leaves the gate with the newest record even when an older change reaches it last", async () => {
    const { id } = await create();
    const real = env.GATE.getByName(id);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: waiting, resolve: isWaiting } = Promise.withResolvers<void>();
    const setPolicy: typeof real.setPolicy = async (...policy) => {
      isWaiting();
      await released;
      return real.setPolicy(...policy);
    };
    const slow = { GATE: { getByName: () => ({ setPolicy }) } as unknown as Env["GATE"] };
    const older = asAdmin("PATCH", `/admin/api-keys/${id}`, { token_limit: 9 }, slow);
    await waiting;
    expect((await asAdmin("PATCH", `/admin/api-keys/${id}`, { enabled: false })).status).toBe(200);
    release();
    expect((await older).status).toBe(200);
    expect(await inForce(id)).toMatchObject({ enabled: false, totalTokens: 9 });
  });
});

describe("deleting and restoring a key", () => {
  it("stops it at once, keeps the record, may be repeated, and comes back as it was", async () => {
    const { id } = await create(FULL);
    const path = `/admin/api-keys/${id}`;
    const first = await asAdmin("DELETE", path);
    expect([first.status, typeof first.body.deleted_at]).toEqual([200, "string"]);
    expect(await inForce(id)).toBeNull();
    const second = await asAdmin("DELETE", path);
    expect([second.status, second.body.deleted_at]).toEqual([200, first.body.deleted_at]);

    expect((await asAdmin("PATCH", path, { name: "x" })).status).toBe(409);
    expect(await inForce(id)).toBeNull();

    const restored = await asAdmin("POST", `${path}/restore`);
    expect([restored.status, restored.body.deleted_at]).toEqual([200, null]);
    expect(restored.body).toMatchObject(FULL);
    expect(await inForce(id)).toMatchObject({ enabled: true, concurrency: 5 });
    expect((await asAdmin("POST", `${path}/restore`)).status).toBe(200);
  });

  it("knows no key that was never made", async () => {
    const path = `/admin/api-keys/${"0".repeat(32)}`;
    for (const [method, at, fields] of [
      ["GET", path],
      ["GET", `${path}?reveal=1`],
      ["PATCH", path, { name: "x" }],
      ["DELETE", path],
      ["POST", `${path}/restore`],
    ] as const) {
      expect((await asAdmin(method, at, fields)).status, `${method} ${at}`).toBe(404);
    }
  });
});

describe("a gate that does not answer", () => {
  const gateThatFails = (times: number) => {
    const setPolicy = vi.fn(async () => {
      if (setPolicy.mock.calls.length <= times) throw new Error("the object is being moved");
    });
    return { setPolicy, bindings: { GATE: { getByName: () => ({ setPolicy }) } as unknown as Env["GATE"] } };
  };

  it("is asked twice", async () => {
    const { id } = await create();
    const { setPolicy, bindings } = gateThatFails(1);
    expect((await asAdmin("PATCH", `/admin/api-keys/${id}`, { enabled: false }, bindings)).status).toBe(200);
    expect(setPolicy).toHaveBeenCalledTimes(2);
  });

  it("makes a change answer that it is saved but not in force, and the repeated change puts it in force", async () => {
    const { id } = await create();
    for (const [method, path, fields, action] of [
      ["PATCH", `/admin/api-keys/${id}`, { enabled: false }, "api-key.update"],
      ["DELETE", `/admin/api-keys/${id}`, undefined, "api-key.delete"],
    ] as const) {
      const { status, body } = await asAdmin(method, path, fields, gateThatFails(Number.POSITIVE_INFINITY).bindings);
      expect([status, body.error.type]).toEqual([503, "gate_unreachable"]);
      expect(body.error.message).toContain("saved, but not yet in force");
      expect((await inForce(id))?.enabled).toBe(action === "api-key.update");
      expect((await asAdmin(method, path, fields)).status).toBe(200);
      expect((await inForce(id))?.enabled).toBe(action === "api-key.update" ? false : undefined);
    }
  });

  it("finds a change that nobody sends again with its next alarm, within minutes of the key's use", async () => {
    for (const [method, fields, enabled] of [
      ["PATCH", { enabled: false }, false],
      ["DELETE", undefined, undefined],
    ] as const) {
      const { id } = await create();
      const path = `/admin/api-keys/${id}`;
      await asAdmin(method, path, fields, gateThatFails(Number.POSITIVE_INFINITY).bindings);
      const gate = env.GATE.getByName(id);
      expect(await gate.admit(id, { ...INPUT, leaseId: "a" })).toMatchObject({ ok: true });
      await runDurableObjectAlarm(gate);
      expect((await inForce(id))?.enabled).toBe(enabled);
      expect(await gate.admit(id, { ...INPUT, leaseId: "b" })).toMatchObject({ ok: false });
    }
  });

  it("does not stop a key from being made: the new gate reads D1 by itself", async () => {
    const { bindings } = gateThatFails(Number.POSITIVE_INFINITY);
    const { status, body } = await asAdmin("POST", "/admin/api-keys", { name: "a key" }, bindings);
    expect(status).toBe(201);
    expect(await inForce(body.id)).toMatchObject({ enabled: true });
  });
});
