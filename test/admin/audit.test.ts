import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { asAdmin, type Body, call, signIn } from "./client.ts";

const KEY = "sk-ant-api03-a-secret-that-must-not-show-up-0001";

const trail = async (query = "") => (await asAdmin("GET", `/admin/audit${query}`)).body.items;
const changesOf = (row: Body | undefined) => row?.changes as Record<string, { old: unknown; new: unknown }>;

async function makeKey(fields: object = {}): Promise<string> {
  return (await asAdmin("POST", "/admin/api-keys", { name: "audited", ...fields })).body.id;
}

describe("a row of the trail", () => {
  it("says who it was, in which session, from where, and what changed from what to what", async () => {
    const id = await makeKey({ concurrency_limit: 2, description: "a text that may hold anything" });
    const headers = { "cf-connecting-ip": "2001:db8::7" };
    await call("PATCH", `/admin/api-keys/${id}`, {
      token: await signIn(),
      headers,
      body: { concurrency_limit: 5, daily_cost_limit_usd: "1.50", tags: ["a"], description: "another text" },
    });
    const [row] = await trail(`?target=${id}`);
    const { results } = await env.DB.prepare("SELECT id FROM admin_sessions").all();
    expect(row).toMatchObject({
      id: expect.stringMatching(/^aud_/),
      time: expect.stringMatching(/Z$/),
      actor: "admin",
      session_id: results[0]?.id,
      identity: null,
      address: "2001:db8::7",
      action: "api-key.update",
      target: id,
      detail: { name: "audited" },
    });
    expect(row?.changes).toEqual({
      concurrency_limit: { old: 2, new: 5 },
      daily_cost_limit_usd: { old: null, new: "1.5" },
      tags: { old: [], new: ["a"] },
      description: { old: "29 characters", new: "12 characters" },
    });
  });

  it("holds no secret: neither keys, nor the values of headers, nor notes", async () => {
    const account = { name: "main", platform: "anthropic", kind: "api-key", api_key: KEY };
    const { body } = await asAdmin("POST", "/admin/accounts", {
      ...account,
      note: "hunter2",
      extra_headers: { "x-team": "hunter2", "x-kept": "hunter2" },
    });
    await asAdmin("PATCH", `/admin/accounts/${body.id}`, {
      api_keys: [`${KEY}x`, `${KEY}y`],
      extra_headers: { "x-team": "hunter3", "x-kept": "hunter2" },
      note: "hunter33",
    });
    await asAdmin("DELETE", `/admin/accounts/${body.id}`);
    const rows = await trail(`?target=${body.id}`);
    expect(rows.map(({ action }) => action)).toEqual(["account.delete", "account.update", "account.create"]);
    expect(changesOf(rows[1])).toEqual({
      api_keys: { old: [{ hint: "…0001" }], new: [{ hint: "…001x" }, { hint: "…001y" }] },
      extra_headers: { old: ["x-team", "x-kept"], new: ["x-team (changed)", "x-kept"] },
      note: { old: "7 characters", new: "8 characters" },
    });
    expect(JSON.stringify(rows)).not.toMatch(/hunter|sk-ant/);
  });

  it("tells of groups, templates, prices and the strategy likewise", async () => {
    const group = (await asAdmin("POST", "/admin/groups", { name: "before" })).body.id;
    await asAdmin("PATCH", `/admin/groups/${group}`, { name: "after", strategy: "random" });
    expect(changesOf((await trail(`?target=${group}`))[0])).toEqual({
      name: { old: "before", new: "after" },
      strategy: { old: "priority", new: "random" },
    });
    const template = (await asAdmin("POST", "/admin/templates", { name: "tier", concurrency_limit: 1 })).body.id;
    await asAdmin("PATCH", `/admin/templates/${template}`, { concurrency_limit: 3 });
    expect(changesOf((await trail(`?target=${template}`))[0])).toEqual({ concurrency_limit: { old: 1, new: 3 } });
    await asAdmin("PUT", "/admin/prices/made-up", { input: "1", output: "2" });
    await asAdmin("PUT", "/admin/prices/made-up", { input: "1", output: "3" });
    expect(changesOf((await trail("?target=made-up"))[0])).toEqual({ output: { old: "2", new: "3" } });
    await asAdmin("PUT", "/admin/settings/pool-strategy", { strategy: "weighted" });
    expect(changesOf((await trail("?target=pool_strategy"))[0])).toEqual({
      strategy: { old: "priority", new: "weighted" },
    });
  });

  it("stays small, whatever was sent, and says that there was more", async () => {
    const models = Array.from({ length: 100 }, (_, at) => `model-${at}-${"x".repeat(60)}`);
    const id = await makeKey();
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { allowed_models: models, denied_models: models, tags: ["a"] });
    const row = await env.DB.prepare("SELECT changes FROM audit WHERE target = ? AND action = 'api-key.update'")
      .bind(id)
      .first<string>("changes");
    expect(row?.length).toBeLessThan(5_000);
    expect(row).toContain("…");
  });

  it("tells each key of a change of many what changed for it", async () => {
    const [one, other] = [await makeKey({ concurrency_limit: 1 }), await makeKey({ concurrency_limit: 2 })];
    await asAdmin("PATCH", "/admin/api-keys/bulk", { ids: [one, other], concurrency_limit: 9 });
    expect(changesOf((await trail(`?target=${one}`))[0])).toEqual({ concurrency_limit: { old: 1, new: 9 } });
    expect(changesOf((await trail(`?target=${other}`))[0])).toEqual({ concurrency_limit: { old: 2, new: 9 } });
  });
});

describe("reading the trail", () => {
  it("goes page by page, newest first, and misses nothing", async () => {
    for (let made = 0; made < 5; made++) await makeKey();
    const all = await trail("?limit=200");
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body } = await asAdmin("GET", `/admin/audit?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.next_cursor;
    }
    expect(seen).toEqual(all.map(({ id }) => id));
    expect([...seen].sort().reverse()).toEqual(seen);
  });

  it("is filtered by action or its first part, target, actor, session, address and time", async () => {
    const id = await makeKey();
    await call("PATCH", `/admin/api-keys/${id}`, {
      token: await signIn(),
      headers: { "cf-connecting-ip": "192.0.2.77" },
      body: { name: "renamed" },
    });
    const [row] = await trail(`?target=${id}`);
    const ids = async (query: string) => (await trail(`?limit=200&${query}`)).map((found) => found.id);
    expect(await ids("address=192.0.2.77")).toEqual([row?.id]);
    expect(await ids(`action=api-key.update&target=${id}`)).toEqual([row?.id]);
    expect(await ids(`action=api-key&target=${id}`)).toHaveLength(2);
    expect(await ids(`action=api&target=${id}`)).toEqual([]);
    expect(await ids("actor=nobody")).toEqual([]);
    expect(await ids(`session_id=${row?.session_id}&target=${id}`)).toHaveLength(2);
    expect(await ids("identity=someone@example.com")).toEqual([]);
    expect(await ids(`from=${row?.time}&target=${id}`)).toContain(row?.id);
    expect(await ids("to=2020-01-01T00:00:00Z")).toEqual([]);
  });

  it.each(["limit=0", "cursor=req_00", "action=%25", "from=yesterday", "who=me"])("refuses ?%s", async (query) => {
    expect((await asAdmin("GET", `/admin/audit?${query}`)).status).toBe(400);
  });

  it("changes nothing, and cannot be changed", async () => {
    const [row] = await trail();
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      expect((await asAdmin(method, `/admin/audit/${row?.id}`, {})).status).toBe(404);
    }
  });
});
