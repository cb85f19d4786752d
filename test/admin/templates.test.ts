import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { asAdmin, type Body, everything } from "./client.ts";

const post = async (path: string, fields: object): Promise<Body> => (await asAdmin("POST", path, fields)).body;
const key = (fields: object = {}) => post("/admin/api-keys", { name: "a key", ...fields });
let made = 0;
const template = (fields: object = {}) => post("/admin/templates", { name: `tier ${made++}`, ...fields });
const inForce = async (id: string) => (await env.GATE.getByName(id).report(id))?.policy ?? null;

/** Policy fields of a key. */
const FIELDS = {
  enabled: true,
  permissions: ["anthropic"],
  allowed_models: ["claude-*"],
  denied_models: ["*-opus-*"],
  allowed_clients: ["claude_code"],
  allowed_ips: ["10.0.0.0/8"],
  bound_account_id: null,
  bound_group_id: null,
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

describe("a template", () => {
  it("lies under the fields that the request gives, null among them", async () => {
    const gold = await template({ ...FIELDS, activation_days: 30 });
    const explicit = { concurrency_limit: 1, daily_cost_limit_usd: null, allowed_models: [], activation_hours: 5 };
    const expected = { ...FIELDS, ...explicit, activation_days: null, rate_limit_tier: gold.name };
    expect(await key({ ...explicit, rate_limit_tier: gold.name })).toMatchObject(expected);
  });

  it("has only the fields it was given", async () => {
    const { id, name, ...rest } = await template({ daily_cost_limit_usd: "5", token_limit: null });
    expect(Object.keys(rest).sort()).toEqual([
      "created_at",
      "daily_cost_limit_usd",
      "description",
      "token_limit",
      "updated_at",
    ]);
    expect([typeof id, typeof name]).toEqual(["string", "string"]);
  });

  it.each([
    ["rate_limit_requests", { rate_limit_requests: 5 }],
    ["bound_account_id", { bound_account_id: "acc_nope" }],
    ["tags", { tags: ["x"] }],
    ["daily_cost_limit_usd", { daily_cost_limit_usd: "0" }],
    ["activation_hours", { activation_days: 1, activation_hours: 1 }],
    ["name", { name: "" }],
  ])("refuses a bad %s by name and changes nothing: %j", async (field, fields) => {
    const before = await everything();
    const { status, body } = await asAdmin("POST", "/admin/templates", { name: "bad", ...fields });
    expect([status, body.error.details?.map((detail) => detail.field)]).toEqual([400, [field]]);
    expect(await everything()).toBe(before);
  });

  it("has a name of its own", async () => {
    const { name } = await template();
    const other = await template();
    const before = await everything();
    expect((await asAdmin("POST", "/admin/templates", { name })).status).toBe(409);
    expect((await asAdmin("PATCH", `/admin/templates/${other.id}`, { name })).status).toBe(409);
    expect(await everything()).toBe(before);
  });

  it("is changed field by field, and forgets what is unset", async () => {
    const { id } = await template({ daily_cost_limit_usd: "5", token_limit: 7, activation_days: 2 });
    const { body } = await asAdmin("PATCH", `/admin/templates/${id}`, {
      description: "new",
      daily_cost_limit_usd: "6",
      activation_hours: 5,
      unset: ["token_limit"],
    });
    expect(body).toMatchObject({ daily_cost_limit_usd: "6", activation_days: null, activation_hours: 5 });
    expect(body).not.toHaveProperty("token_limit");
    expect(body).not.toHaveProperty("applied");
    const refused = await asAdmin("PATCH", `/admin/templates/${id}`, { unset: ["name"] });
    expect([refused.status, refused.body.error.details?.[0]?.field]).toEqual([400, "unset.0"]);
  });

  it("forgets a lifetime in both of its units, and says nothing of it to its keys", async () => {
    const { id, name } = await template({ activation_days: 30 });
    const body = await key({ rate_limit_tier: name });
    const unset = await asAdmin("PATCH", `/admin/templates/${id}`, { unset: ["activation_days"], apply_to_keys: true });
    expect(Object.keys(unset.body)).not.toContain("activation_hours");
    expect((await asAdmin("GET", `/admin/api-keys/${body.id}`)).body.activation_days).toBe(30);
  });

  it("is listed in pages, found by a part of its name, and a 404 where there is none", async () => {
    const names = ["Paged A", "Paged B", "Paged C"];
    for (const name of names) await template({ name });
    const first = await asAdmin("GET", "/admin/templates?search=paged&limit=2");
    const second = await asAdmin("GET", `/admin/templates?search=paged&limit=2&cursor=${first.body.next_cursor}`);
    const found = [...first.body.items, ...second.body.items].map(({ name }) => name);
    expect([found.sort(), second.body.next_cursor]).toEqual([names, null]);
    for (const [method, path, fields] of [
      ["GET", "/admin/templates/tpl_none"],
      ["PATCH", "/admin/templates/tpl_none", {}],
      ["DELETE", "/admin/templates/tpl_none"],
      ["POST", "/admin/templates/tpl_none/apply", {}],
    ] as const) {
      expect((await asAdmin(method, path, fields)).status, `${method} ${path}`).toBe(404);
    }
  });
});

describe("a key that follows a template", () => {
  it("is not named by a template that does not exist", async () => {
    const { id } = await key();
    const { status, body } = await asAdmin("PATCH", `/admin/api-keys/${id}`, { rate_limit_tier: "nope" });
    expect([status, body.error.details?.[0]?.field]).toEqual([400, "rate_limit_tier"]);
  });

  it("may change to another, and to none, which leaves its fields as they are", async () => {
    const gold = await template({ daily_cost_limit_usd: "5" });
    const { id } = await key({ token_limit: 9 });
    const patch = async (fields: object) => (await asAdmin("PATCH", `/admin/api-keys/${id}`, fields)).body;
    const expected = { token_limit: 9, daily_cost_limit_usd: "5" };
    expect(await patch({ rate_limit_tier: gold.name })).toMatchObject({ ...expected, rate_limit_tier: gold.name });
    expect(await patch({ name: "still" })).toMatchObject({ rate_limit_tier: gold.name });
    expect(await patch({ rate_limit_tier: null })).toMatchObject({ ...expected, rate_limit_tier: null });
  });

  it("takes over what is applied, at once and at its gate, and keeps what the template does not speak of", async () => {
    const gold = await template({ daily_cost_limit_usd: "5", activation_days: 3 });
    const follower = await key({ rate_limit_tier: gold.name, concurrency_limit: 4, daily_cost_limit_usd: "1" });
    const stranger = await key({ daily_cost_limit_usd: "1" });
    const gone = await key({ rate_limit_tier: gold.name });
    await asAdmin("DELETE", `/admin/api-keys/${gone.id}`);

    const silent = await asAdmin("PATCH", `/admin/templates/${gold.id}`, { daily_cost_limit_usd: "7" });
    expect(silent.status).toBe(200);
    expect((await inForce(follower.id))?.dailyCostNanos).toBe(1_000_000_000);

    const change = { activation_hours: 5, token_limit: null, apply_to_keys: true };
    const { body } = await asAdmin("PATCH", `/admin/templates/${gold.id}`, change);
    const one = { updated: 1, unchanged: 0, failed: 0, left: 0, next_cursor: null, failures: [] };
    expect(body.applied).toEqual(one);
    const policy = { concurrency: 4, dailyCostNanos: 7_000_000_000, activationMs: 5 * 3_600_000, totalTokens: null };
    expect(await inForce(follower.id)).toMatchObject(policy);
    expect((await inForce(stranger.id))?.dailyCostNanos).toBe(1_000_000_000);
    expect(await inForce(gone.id)).toBeNull();

    const { body: again } = await asAdmin("POST", `/admin/templates/${gold.id}/apply`);
    expect(again).toEqual({ ...one, updated: 0, unchanged: 1 });
  });

  it("is counted as failed where the fields contradict its own, and keeps those", async () => {
    const gold = await template({ name: "windowless" });
    const { id } = await key({ rate_limit_tier: gold.name, rate_limit_window_minutes: 1, rate_limit_requests: 2 });
    const fields = { rate_limit_window_minutes: null, apply_to_keys: true };
    const { body } = await asAdmin("PATCH", `/admin/templates/${gold.id}`, fields);
    expect(body.applied).toMatchObject({ updated: 0, failed: 1, failures: [{ id }] });
    expect((await inForce(id))?.windowMs).toBe(60_000);
  });

  it("is reached again by a second run when its gate did not answer in the first", async () => {
    const gold = await template({ token_limit: 5 });
    const { id } = await key({ rate_limit_tier: gold.name });
    const setPolicy = () => Promise.reject(new Error("the object is being moved"));
    const bindings = { GATE: { getByName: () => ({ setPolicy }) } as unknown as Env["GATE"] };
    const change = { token_limit: 6, apply_to_keys: true };
    const { body } = await asAdmin("PATCH", `/admin/templates/${gold.id}`, change, bindings);
    expect(body.applied).toMatchObject({
      updated: 0,
      failed: 1,
      failures: [{ id, error: { type: "gate_unreachable" } }],
    });
    expect((await inForce(id))?.totalTokens).toBe(5);
    expect(await post(`/admin/templates/${gold.id}/apply`, {})).toMatchObject({ unchanged: 1, failed: 0 });
    expect((await inForce(id))?.totalTokens).toBe(6);
  });

  it("is reached in a later call where there are more than a hundred", async () => {
    const gold = await template({ token_limit: 5 });
    for (const count of [100, 30]) {
      await post("/admin/api-keys/bulk", { count, name_prefix: "many", rate_limit_tier: gold.name });
    }
    const { body } = await asAdmin("PATCH", `/admin/templates/${gold.id}`, { token_limit: 6, apply_to_keys: true });
    const first = body.applied as unknown as { next_cursor: string };
    expect(first).toMatchObject({ updated: 100, left: 30, next_cursor: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const second = await post(`/admin/templates/${gold.id}/apply`, { cursor: first.next_cursor });
    expect(second).toMatchObject({ updated: 30, unchanged: 0, left: 0, next_cursor: null });
    const { results } = await env.DB.prepare("SELECT policy FROM api_keys WHERE template_id = ?")
      .bind(gold.id)
      .all<{ policy: string }>();
    expect(new Set(results.map(({ policy }) => JSON.parse(policy).totalTokens))).toEqual(new Set([6]));
  });

  it("stays as it is when its template is deleted", async () => {
    const gold = await template({ daily_cost_limit_usd: "5" });
    const { id } = await key({ rate_limit_tier: gold.name });
    expect((await asAdmin("DELETE", `/admin/templates/${gold.id}`)).body).toEqual({ id: gold.id, deleted: true });
    const expected = { rate_limit_tier: null, daily_cost_limit_usd: "5" };
    expect((await asAdmin("GET", `/admin/api-keys/${id}`)).body).toMatchObject(expected);
    const stored = await env.DB.prepare("SELECT template_id FROM api_keys WHERE id = ?").bind(id).first("template_id");
    expect(stored).toBeNull();
    expect((await asAdmin("PATCH", `/admin/api-keys/${id}`, { token_limit: 3 })).status).toBe(200);
    expect(await inForce(id)).toMatchObject({ totalTokens: 3, dailyCostNanos: 5_000_000_000 });
  });
});
