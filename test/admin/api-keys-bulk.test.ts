import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { verifyApiKey } from "../../src/keys/api-key.ts";
import { asAdmin, type Body, everything, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

/** What the free plan allows a Worker invocation. */
const QUERIES_PER_INVOCATION = 50;

interface Outcomes {
  updated: number;
  failed: number;
  results: { id: string; error: { type: string; message: string } | null }[];
}

const create = async (fields: object = {}) =>
  (await asAdmin("POST", "/admin/api-keys", { name: "one", ...fields })).body;
const createMany = async (count: number, fields: object = {}): Promise<Body[]> =>
  (await asAdmin("POST", "/admin/api-keys/bulk", { count, name_prefix: "bulk", ...fields })).body.items;
const change = async (fields: object, bindings?: Partial<Env>): Promise<Outcomes> =>
  (await asAdmin("PATCH", "/admin/api-keys/bulk", fields, bindings)).body as unknown as Outcomes;
const read = async (id: string) => (await asAdmin("GET", `/admin/api-keys/${id}`)).body;
const inForce = async (id: string) => (await env.GATE.getByName(id).report(id))?.policy ?? null;

beforeAll(signIn);

/** The largest fields a body can carry, so that a hundred keys are as heavy as they get in practice. */
const HEAVY = { allowed_models: Array.from({ length: 200 }, (_, at) => `model-${at}-${"x".repeat(80)}*`) };

describe("making many keys", () => {
  it("makes a hundred genuine ones, alike but for their names, within the queries that D1 allows", async () => {
    const { DB, noted } = notingDatabase();
    const fields = { count: 100, name_prefix: "guest", tags: ["event", "event"], daily_cost_limit_usd: "2", ...HEAVY };
    const { status, body } = await asAdmin("POST", "/admin/api-keys/bulk", fields, { DB });
    expect(status).toBe(201);
    expect(noted.length).toBeLessThan(QUERIES_PER_INVOCATION);
    expect(body.items.map(({ name }) => name).slice(0, 2)).toEqual(["guest-001", "guest-002"]);
    expect(new Set(body.items.map(({ name }) => name)).size).toBe(100);
    for (const { id, api_key, ...rest } of body.items) {
      expect(await verifyApiKey(api_key, env.KEY_SECRET)).toBe(id);
      expect(rest).toMatchObject({ tags: ["event"], daily_cost_limit_usd: "2", ...HEAVY });
    }
    const [last] = body.items.slice(-1);
    const { api_key: _, ...view } = last ?? {};
    expect(await read(String(last?.id))).toMatchObject(view);
    expect(await inForce(String(last?.id))).toMatchObject({ dailyCostNanos: 2_000_000_000 });
    const audited = await env.DB.prepare(
      "SELECT count(*) AS n FROM audit JOIN api_keys ON api_keys.id = target WHERE action = 'api-key.create'",
    ).first("n");
    expect(audited).toBe(100);
    expect(await everything()).not.toContain(last?.api_key.slice(3, 20));
  });

  it.each([
    ["count", { count: 101 }],
    ["count", { count: 0 }],
    ["name_prefix", { name_prefix: "" }],
    ["rate_limit_tier", { rate_limit_tier: "nope" }],
    ["name", { name: "x" }],
  ])("refuses a bad %s by name and makes none: %j", async (field, fields) => {
    const before = await everything();
    const { status, body } = await asAdmin("POST", "/admin/api-keys/bulk", { count: 2, name_prefix: "x", ...fields });
    expect([status, body.error.details?.map((detail) => detail.field)]).toEqual([400, [field]]);
    expect(await everything()).toBe(before);
  });
});

describe("changing many keys", () => {
  it("changes a hundred at once, record and gate, within the queries that D1 allows", async () => {
    const made = await createMany(100, HEAVY);
    const ids = made.map(({ id }) => id);
    const { DB, noted } = notingDatabase();
    const outcomes = await change({ ids, token_limit: 7, add_tags: ["new"] }, { DB });
    expect(noted.length).toBeLessThan(QUERIES_PER_INVOCATION);
    expect(outcomes).toEqual({ updated: 100, failed: 0, results: ids.map((id) => ({ id, error: null })) });
    for (const id of ids.slice(0, 3)) {
      expect(await inForce(id)).toMatchObject({ totalTokens: 7, allowedModels: HEAVY.allowed_models });
    }
    const { results } = await env.DB.prepare(
      `SELECT id FROM api_keys WHERE id IN (SELECT value FROM json_each(?)) AND policy ->> 'totalTokens' = 7
         AND tags = '["new"]' AND (SELECT count(*) FROM audit WHERE target = api_keys.id AND action = 'api-key.update') = 1`,
    )
      .bind(JSON.stringify(ids))
      .all();
    expect(results.length).toBe(100);

    const removal = notingDatabase();
    const body = { ids };
    const deleted = await asAdmin("POST", "/admin/api-keys/bulk-delete", body, { DB: removal.DB });
    expect(removal.noted.length).toBeLessThan(QUERIES_PER_INVOCATION);
    expect(deleted.body).toMatchObject({ updated: 100, failed: 0 });
    expect(await inForce(ids[5] ?? "")).toBeNull();
    expect((await asAdmin("POST", "/admin/api-keys/bulk-delete", body)).body).toMatchObject({
      updated: 100,
      failed: 0,
    });
  });

  it("answers for each key by itself, and one that fails does not stop the others", async () => {
    const good = await create();
    const windowed = await create({ rate_limit_window_minutes: 1, rate_limit_requests: 5 });
    const gone = await create();
    await asAdmin("DELETE", `/admin/api-keys/${gone.id}`);
    const ids = [gone.id, "f".repeat(32), windowed.id, good.id, good.id];
    const { updated, failed, results } = await change({ ids, rate_limit_window_minutes: null, enabled: false });
    expect([updated, failed]).toEqual([1, 3]);
    expect(results.map(({ id, error }) => [id, error?.type ?? null])).toEqual([
      [gone.id, "conflict_error"],
      ["f".repeat(32), "not_found_error"],
      [windowed.id, "invalid_request_error"],
      [good.id, null],
    ]);
    expect((await inForce(good.id))?.enabled).toBe(false);
    expect(await read(windowed.id)).toMatchObject({ enabled: true, rate_limit_window_minutes: 1 });
  });

  it("adds and takes away tags on top of each key's own, fifty at most", async () => {
    const one = await create({ tags: ["a", "b"] });
    const other = await create({ tags: ["c"] });
    const full = await create({ tags: Array.from({ length: 50 }, (_, at) => `t${at}`) });
    const ids = [one.id, other.id, full.id];
    const { results } = await change({ ids, add_tags: ["x", "b"], remove_tags: ["a"] });
    expect((await read(one.id)).tags).toEqual(["b", "x"]);
    expect((await read(other.id)).tags).toEqual(["c", "x", "b"]);
    expect(results[2]?.error?.message).toContain("at most 50 tags");
    await change({ ids: [one.id, other.id], tags: ["y"], add_tags: ["z"] });
    expect((await read(one.id)).tags).toEqual(["y", "z"]);
  });

  it("puts keys on a template, and says which gates did not answer", async () => {
    const tier = (await asAdmin("POST", "/admin/templates", { name: "bulk tier", token_limit: 8 })).body;
    const [one, other] = await createMany(2);
    const ids = [one?.id, other?.id];
    expect(await change({ ids, rate_limit_tier: tier.name })).toMatchObject({ updated: 2 });
    expect(await read(String(one?.id))).toMatchObject({ rate_limit_tier: "bulk tier", token_limit: 8 });

    const setPolicy = () => Promise.reject(new Error("moved"));
    const broken = (name: string) => (name === other?.id ? { setPolicy } : env.GATE.getByName(name));
    const GATE = { getByName: broken } as unknown as Env["GATE"];
    const { results } = await change({ ids, token_limit: 9 }, { GATE });
    expect(results.map(({ error }) => error?.type ?? null)).toEqual([null, "gate_unreachable"]);
    expect((await inForce(String(one?.id)))?.totalTokens).toBe(9);
    expect((await inForce(String(other?.id)))?.totalTokens).toBe(8);
    expect(await change({ ids, token_limit: 9 })).toMatchObject({ updated: 2 });
    expect((await inForce(String(other?.id)))?.totalTokens).toBe(9);
  });

  it("loses no simultaneous change of the same keys", async () => {
    const made = await createMany(20);
    const ids = made.map(({ id }) => id);
    const fields = [{ token_limit: 3 }, { concurrency_limit: 4 }, { add_tags: ["x"] }, { weekly_reset_hour: 5 }];
    const answers = await Promise.all(fields.map((field) => change({ ids, ...field })));
    expect(answers.map(({ updated }) => updated)).toEqual([20, 20, 20, 20]);
    for (const id of ids) {
      expect(await read(id)).toMatchObject({ token_limit: 3, concurrency_limit: 4, tags: ["x"], weekly_reset_hour: 5 });
      expect(await inForce(id)).toMatchObject({ totalTokens: 3, concurrency: 4, weeklyResetHour: 5 });
    }
    const updates = await env.DB.prepare(
      "SELECT count(*) AS n FROM audit WHERE action = 'api-key.update' AND target IN (SELECT value FROM json_each(?))",
    )
      .bind(JSON.stringify(ids))
      .first("n");
    expect(updates).toBe(80);
  });

  it.each([
    ["ids", { ids: [] }],
    ["ids", { ids: Array.from({ length: 101 }, (_, at) => `id${at}`) }],
    ["name", { ids: ["x"], name: "same" }],
    ["bound_account_id", { ids: ["x"], bound_account_id: "acc_nope" }],
    ["add_tags.0", { ids: ["x"], add_tags: [""] }],
  ])("refuses a bad %s by name", async (field, fields) => {
    const { status, body } = await asAdmin("PATCH", "/admin/api-keys/bulk", fields);
    expect([status, body.error.details?.map((detail) => detail.field)]).toEqual([400, [field]]);
  });
});
