/** How keys stand, as the list and the view of one tell it: the gate's own word, and what a page of it costs. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MOST_GATES } from "../../src/admin/keys/standing.ts";
import { keyWith } from "../gate/key.ts";
import { asAdmin, type Body, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

beforeAll(signIn);
afterEach(() => vi.useRealTimers());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let requests = 0;

const create = async (fields: object = {}): Promise<Body> =>
  (await asAdmin("POST", "/admin/api-keys", { name: "a key", ...fields })).body;
const read = async (id: string) => (await asAdmin("GET", `/admin/api-keys/${id}`)).body;
const list = async (query: string, bindings?: Partial<Env>) =>
  (await asAdmin("GET", `/admin/api-keys?${query}`, undefined, bindings)).body;

/** Settles one request of the key, and has its gate flush. */
async function use(id: string, costNanos = 0, flush = true): Promise<void> {
  const asking = await keyWith();
  const leaseId = `use${requests++}`;
  const gate = env.GATE.getByName(id);
  const { settlement } = asking;
  const admitted = await gate.admit(id, {
    leaseId,
    platforms: ["anthropic"],
    model: "claude-sonnet-4-5",
    client: "curl",
    userAgent: "",
    ip: null,
    takesLease: true,
    session: null,
    worstNanos: 0,
    worstTokens: 0,
    responseId: null,
    estimate: null,
    settlements: [],
  });
  if (!admitted.ok) throw new Error(admitted.refusal.reason);
  const settled = settlement(leaseId, { id: `${id}-${leaseId}`, time: Date.now(), costNanos });
  await gate.settle(id, [{ ...settled, grant: admitted.value.grant }]);
  if (flush) await gate.flush();
}

/** The gates that are asked for their figures while `run` runs. */
async function gatesAsked(run: (bindings: Partial<Env>) => Promise<unknown>): Promise<string[]> {
  const asked: string[] = [];
  const getByName = (id: string) => {
    asked.push(id);
    return env.GATE.getByName(id);
  };
  await run({ GATE: { getByName } as unknown as Env["GATE"] });
  return asked;
}

describe("the state of a key", () => {
  it("is active, with nothing spent, before its first use", async () => {
    const { id } = await create({ daily_cost_limit_usd: "1" });
    expect(await read(id)).toMatchObject({
      state: "active",
      state_limit: null,
      state_until: null,
      today_cost_usd: "0",
      total_requests: 0,
      last_used_at: null,
      in_flight: 0,
    });
  });

  it.each([
    ["daily_cost_limit_usd", { daily_cost_limit_usd: "1" }, "budget_used", "daily_cost", DAY],
    ["weekly_cost_limit_usd", { weekly_cost_limit_usd: "1" }, "budget_used", "weekly_cost", 7 * DAY],
    ["total_cost_limit_usd", { total_cost_limit_usd: "1" }, "budget_used", "total_cost", null],
    ["token_limit", { token_limit: 10 }, "budget_used", "total_tokens", null],
    [
      "rate_limit_requests",
      { rate_limit_window_minutes: 60, rate_limit_requests: 1 },
      "window_full",
      "window_requests",
      HOUR,
    ],
    [
      "rate_limit_cost_usd",
      { rate_limit_window_minutes: 60, rate_limit_cost_usd: "1" },
      "window_full",
      "window_cost",
      HOUR,
    ],
  ])("is that %s is used up, until it starts over, alone and in the list", async (_, limit, state, of, endsWithin) => {
    const tag = `used-up-${of}`;
    const { id } = await create({ ...limit, tags: [tag] });
    await use(id, 1_000_000_000);
    const one = await read(id);
    expect(one).toMatchObject({
      state,
      state_limit: of,
      total_cost_usd: "1",
      last_used_at: expect.stringMatching(/Z$/),
    });
    const end = one.state_until === null ? null : Date.parse(String(one.state_until)) - Date.now();
    if (endsWithin === null) expect(end).toBeNull();
    else expect(end).toBeLessThanOrEqual(endsWithin);
    expect((await list(`tag=${tag}`)).items).toMatchObject([{ id, state, state_limit: of }]);
    expect((await list(`tag=${tag}&status=${state}`)).items).toMatchObject([{ id }]);
    expect((await list(`tag=${tag}&status=active`)).items).toEqual([]);
  });

  it("is the gate's of this moment, ahead of what it has flushed", async () => {
    const { id } = await create({ total_cost_limit_usd: "1", tags: ["ahead"] });
    await use(id);
    await use(id, 2_000_000_000, false);
    expect((await list("tag=ahead")).items).toMatchObject([
      { state: "budget_used", total_cost_usd: "2", in_flight: 0 },
    ]);
  });

  it("follows the policy of today where the gate is not asked: more budget is room at once", async () => {
    const { id } = await create({ total_cost_limit_usd: "1", tags: ["raised"] });
    await use(id, 1_000_000_000);
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { total_cost_limit_usd: "5" });
    await env.DB.prepare("UPDATE key_figures SET last_used_at = 1 WHERE key_id = ?").bind(id).run();
    expect(await gatesAsked((bindings) => list("tag=raised", bindings))).toEqual([]);
    expect((await list("tag=raised&status=active")).items).toMatchObject([{ id, state: "active", in_flight: null }]);
    expect((await list("tag=raised&status=budget_used")).items).toEqual([]);
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { total_cost_limit_usd: "0.5" });
    expect((await list("tag=raised&status=budget_used")).items).toMatchObject([{ id }]);
  });

  it("ends with the window that was full, without a word of the gate's", async () => {
    const { id } = await create({ rate_limit_window_minutes: 60, rate_limit_requests: 1, tags: ["over"] });
    await use(id);
    vi.useFakeTimers({ now: Date.now() + 2 * HOUR, toFake: ["Date"] });
    expect(await gatesAsked((bindings) => list("tag=over", bindings))).toEqual([]);
    expect((await list("tag=over&status=active")).items).toMatchObject([{ id, state: "active" }]);
    expect((await list("tag=over&status=window_full")).items).toEqual([]);
  });

  it("is that it has expired: by its date, and by a lifetime that began with its first use", async () => {
    const dated = await create({ expires_at: "2020-01-01T00:00:00Z", tags: ["old"] });
    const lived = await create({ activation_hours: 1, tags: ["old"] });
    await use(lived.id);
    expect((await list("tag=old&status=expired")).items.map(({ id }) => id)).toEqual([dated.id]);
    vi.useFakeTimers({ now: Date.now() + 2 * HOUR, toFake: ["Date"] });
    const ids = (await list("tag=old&status=expired")).items.map(({ id }) => id);
    expect(ids.sort()).toEqual([dated.id, lived.id].sort());
    expect(await read(dated.id)).toMatchObject({ state: "expired" });
  });

  it("is unknown of a key that was used before its gate has told, until the gate is asked", async () => {
    const { id } = await create({ daily_cost_limit_usd: "1", tags: ["before"] });
    await env.DB.prepare(
      "INSERT INTO key_figures (key_id, said_at, last_used_at, requests, tokens, cost_nanos) VALUES (?, 0, 5, 1, 2, 3)",
    )
      .bind(id)
      .run();
    const silent = { getByName: () => ({ report: () => Promise.reject(new Error("away")), settle: () => undefined }) };
    const GATE = silent as unknown as Env["GATE"];
    expect((await list("tag=before", { GATE })).items).toMatchObject([
      { state: "unknown", state_as_of: null, total_requests: 1, total_cost_usd: "0.000000003" },
    ]);
    expect((await list("tag=before")).items).toMatchObject([{ state: "active", state_as_of: expect.any(String) }]);
  });

  it("is deleted, disabled, whatever else is known", async () => {
    const { id } = await create({ total_cost_limit_usd: "1" });
    await use(id, 1_000_000_000);
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { enabled: false });
    expect(await read(id)).toMatchObject({ state: "disabled", total_cost_usd: "1" });
    await asAdmin("DELETE", `/admin/api-keys/${id}`);
    expect(await read(id)).toMatchObject({ state: "deleted", total_cost_usd: "1" });
  });

  it("hears of money that was corrected, with the gate's next alarm", async () => {
    const { id } = await create({ total_cost_limit_usd: "1", tags: ["corrected"] });
    await use(id, 2_000_000_000);
    const gate = env.GATE.getByName(id);
    await gate.correct(id, "correction/1", [[Date.now(), -1_500_000_000]]);
    await runDurableObjectAlarm(gate);
    const row = await env.DB.prepare("SELECT state, cost_nanos FROM key_figures WHERE key_id = ?").bind(id).first();
    expect(row).toEqual({ state: "active", cost_nanos: 500_000_000 });
  });
});

describe("the list of keys", () => {
  it("is sorted by use and by money, page by page, the other way round too", async () => {
    const made: string[] = [];
    for (const dollars of [2, 0, 3, 1]) {
      const { id } = await create({ name: `sorted ${dollars}`, tags: ["sorted"], owner: "sorter" });
      if (dollars > 0) await use(id, dollars * 1_000_000_000);
      made[dollars] = id;
    }
    const [none, one, two, three] = made;
    const sorted = async (query: string) => {
      const ids: string[] = [];
      let cursor = "";
      do {
        const page = await list(`owner=sorter&limit=3&${query}${cursor}`);
        expect(page.truncated).toBe(false);
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : "";
      } while (cursor);
      return ids;
    };
    expect(await sorted("sort=total_cost")).toEqual([three, two, one, none]);
    expect(await sorted("sort=today_cost&order=asc")).toEqual([none, one, two, three]);
    expect(await sorted("sort=name")).toEqual([none, one, two, three]);
    expect(await sorted("sort=last_used")).toEqual([one, three, two, none]);
    expect(await sorted("sort=created&order=asc")).toEqual([two, none, three, one]);
    expect(await sorted("")).toEqual([one, three, none, two]);
  });

  it.each([
    "sort=total_cost&cursor=1.00000000000000000000000000000000",
    "sort=created&cursor=50",
    "sort=size",
    "order=up",
  ])("refuses ?%s", async (query) => expect((await asAdmin("GET", `/admin/api-keys?${query}`)).status).toBe(400));

  it("asks the gates of those alone that were used lately and can run out, and of no more than it may", async () => {
    const owner = "many";
    const idle = await create({ owner, daily_cost_limit_usd: "1" });
    const unlimited = await create({ owner });
    await use(unlimited.id);
    await use(idle.id);
    await env.DB.prepare("UPDATE key_figures SET last_used_at = 1 WHERE key_id = ?").bind(idle.id).run();
    expect(await gatesAsked((bindings) => list(`owner=${owner}`, bindings))).toEqual([]);
    const now = Date.now();
    const { body } = await asAdmin("POST", "/admin/api-keys/bulk", {
      count: MOST_GATES + 5,
      name_prefix: "busy",
      owner,
      daily_cost_limit_usd: "1",
    });
    await env.DB.batch(
      body.items.map(({ id }) =>
        env.DB.prepare(
          "INSERT INTO key_figures (key_id, said_at, last_used_at, requests, tokens, cost_nanos) VALUES (?, ?2, ?2, 1, 1, 1)",
        ).bind(id, now),
      ),
    );
    const asked = await gatesAsked((bindings) => list(`owner=${owner}&limit=100`, bindings));
    expect(new Set(asked).size).toBe(MOST_GATES);
  });

  it("has a pasted key in any order, for the few rows of that key", async () => {
    const { id, api_key } = await create();
    for (const sort of ["", "&sort=total_cost"]) {
      const { DB, rowsRead } = notingDatabase();
      expect((await list(`search=${api_key}${sort}`, { DB })).items).toMatchObject([{ id }]);
      expect(await rowsRead()).toBeLessThanOrEqual(5);
    }
  });

  it("reads as many rows as it looks at keys, thrice: where the scan ends, the key, and its figures; of all keys only the page", async () => {
    const count = (await env.DB.prepare("SELECT count(*) AS n FROM api_keys").first<number>("n")) ?? 0;
    const { DB, rowsRead } = notingDatabase();
    await list("limit=200", { DB });
    // And the session.
    expect(await rowsRead()).toBeLessThanOrEqual(3 * count + 1);
    const whole = notingDatabase();
    await list("status=all&limit=5", { DB: whole.DB });
    // No end is looked for where each key that is read is answered: the page, one more, and what belongs to each.
    expect(await whole.rowsRead()).toBeLessThanOrEqual(3 * 6 + 1);
    const ranked = notingDatabase();
    await list("limit=200&sort=total_cost", { DB: ranked.DB });
    // Sorting counts each once more.
    expect(await ranked.rowsRead()).toBeLessThanOrEqual(4 * count + 2);
  });
});

describe("a flush", () => {
  it("writes one row more for the key's figures, in the transaction of its entries", async () => {
    const { id } = await create();
    await use(id, 5);
    const before = await env.DB.prepare("SELECT * FROM key_figures WHERE key_id = ?").bind(id).first();
    expect(before).toMatchObject({ requests: 1, cost_nanos: 5, state: "active" });
    await use(id, 7);
    const { results } = await env.DB.prepare("SELECT requests, cost_nanos FROM key_figures WHERE key_id = ?")
      .bind(id)
      .all();
    expect(results).toEqual([{ requests: 2, cost_nanos: 12 }]);
  });
});
