/** Refusals: counted where they happen, bounded, written with what is written anyway, and shown. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { MOST_COUNTERS } from "../../src/admin/refusals/verbs.ts";
import type { GateState } from "../../src/gate/state.ts";
import { retain } from "../../src/jobs/retention.ts";
import { eventually } from "../eventually.ts";
import { streamOf } from "../front/messages.ts";
import { failing, keyWith } from "../gate/key.ts";
import { ask, behave, hurry, makeAccount, makeKey } from "../relay/relay-in-process.ts";
import { asAdmin, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

interface Refusals {
  items: {
    key_id?: string | null;
    key_name?: string | null;
    reason?: string;
    count: number;
    [field: string]: unknown;
  }[];
  total: number;
  next_cursor: string | null;
}

beforeAll(async () => {
  await signIn();
  await makeAccount();
});
beforeEach(async () => {
  behave({ chunks: streamOf(["ok"]) });
  await read();
  await env.DB.prepare("DELETE FROM refusals_hourly").run();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const HOUR = 3_600_000;

async function read(query = "group_by=key&then_by=reason", bindings?: Partial<Env>): Promise<Refusals> {
  return (await asAdmin("GET", `/admin/refusals?${query}`, undefined, bindings)).body as unknown as Refusals;
}

const counters = async () =>
  (await env.DB.prepare("SELECT key_id, reason, count FROM refusals_hourly ORDER BY key_id, reason").all()).results;

const request = (headers: Record<string, string>, body = "{}") =>
  exports.default.fetch(
    new Request("https://relay.test/v1/messages", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    }),
  );

describe("a refusal is counted", () => {
  it("by its gate, under its key and reason, with the name of the key", async () => {
    const { id, key } = await makeKey({
      name: "bob",
      denied_models: ["claude-opus-*"],
      total_cost_limit_usd: "0.000001",
    });
    for (let count = 0; count < 3; count++) {
      expect((await ask(key, { body: { model: "claude-opus-4-8" } })).status).toBe(404);
    }
    expect(await counters()).toEqual([]);
    const page = await read();
    expect(page).toMatchObject({ total: 3, next_cursor: null });
    expect(page.items).toEqual([
      {
        key_id: id,
        key_name: "bob",
        reason: "model_denied",
        count: 3,
        last_at: expect.stringMatching(/:00:00\.000Z$/),
      },
    ]);
    // One that was served, and over its budget by then.
    await (await ask(key)).text();
    await read();
    expect((await ask(key)).status).toBe(429);
    expect((await read(`key_id=${id}&group_by=reason`)).items).toMatchObject([
      { reason: "model_denied", count: 3 },
      { reason: "budget", count: 1 },
    ]);
  });

  it("also where its gate is not asked: a broken body, and a key that was just told to be disabled", async () => {
    const { id, key } = await makeKey();
    expect((await request({ "x-api-key": key }, "{")).status).toBe(400);
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { enabled: false });
    for (let count = 0; count < 3; count++) expect((await ask(key)).status).toBe(401);
    expect((await read()).items).toMatchObject([
      { key_id: id, reason: "key_disabled", count: 3 },
      { key_id: id, reason: "body_malformed", count: 1 },
    ]);
  });

  it("without a genuine key as nobody's, whether or not somebody else comes by to take it along", async () => {
    await request({});
    await request({ "x-api-key": "sk-mine" });
    await request({ "x-api-key": `cr_${"0".repeat(64)}` });
    expect((await read()).items).toMatchObject([
      { key_id: null, key_name: null, reason: "key_invalid", count: 2 },
      { key_id: null, key_name: null, reason: "key_missing", count: 1 },
    ]);
    await request({});
    const { id, key } = await makeKey();
    await (await ask(key)).text();
    expect((await read("reason=key_missing")).items).toMatchObject([{ key_id: null, count: 2 }]);
    expect(await counters()).toContainEqual({ key_id: id, reason: "key_missing", count: 1 });
  });

  it("not where nobody is refused for good: a client that has left, and aliases that have changed", async () => {
    const { key } = await makeKey({ model_aliases: { fast: [{ model: "claude-sonnet-4-5" }] } });
    await (await ask(key, { body: { model: "fast" } })).text();
    const left = new AbortController();
    left.abort();
    await ask(key, { signal: left.signal }).catch(() => undefined);
    expect(await read()).toMatchObject({ items: [], total: 0 });
  });
});

describe("however many are refused", () => {
  it("nothing is written to D1 and nothing stored for each: one alarm writes one row for all of them", async () => {
    const key = await keyWith({ totalCostNanos: 1 });
    await key.admit("spends");
    await key.settle("spends", { costNanos: 5 });
    await key.gate.flush();
    const puts = await runInDurableObject(key.gate, async (gate, ctx) => {
      const put = vi.spyOn(ctx.storage.kv, "put");
      const later = vi.spyOn(ctx.storage, "put");
      for (let count = 0; count < 1_000; count++) {
        const refused = await gate.admit(key.id, { ...REFUSED, leaseId: `r${count}` });
        expect(refused.ok).toBe(false);
      }
      return put.mock.calls.length + later.mock.calls.length;
    });
    expect(puts).toBe(0);
    expect(await counters()).toEqual([]);
    expect(await runDurableObjectAlarm(key.gate)).toBe(true);
    expect(await counters()).toEqual([{ key_id: key.id, reason: "budget", count: 1_000 }]);
    // Nothing is new, so nothing rings.
    expect(await runDurableObjectAlarm(key.gate)).toBe(false);
  });

  it("an object that dies has stored them within a minute, and its next life tells D1", async () => {
    hurry(60_000);
    const key = await keyWith({ enabled: false });
    for (let count = 0; count < 5; count++) await key.admit(`r${count}`);
    await eventually(async () => {
      const state = await runInDurableObject(key.gate, (_, ctx) => ctx.storage.kv.get<GateState>("state"));
      expect(Object.values(state?.refusals.counts ?? {})).toEqual([{ key_disabled: 5 }]);
    });
    await evictDurableObject(key.gate);
    expect(await runDurableObjectAlarm(env.GATE.getByName(key.id))).toBe(true);
    expect(await counters()).toContainEqual({ key_id: key.id, reason: "key_disabled", count: 5 });
  });

  it("a gate holds the hours of a day at the most, and in D1 no flush counts one twice", async () => {
    const key = await keyWith({ enabled: false });
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    vi.useFakeTimers({ now, toFake: ["Date"] });
    for (let hour = 0; hour < 30; hour++) {
      vi.setSystemTime(now + hour * HOUR);
      expect((await key.admit(`r${hour}`)).ok).toBe(false);
    }
    await runInDurableObject(key.gate, async (gate) => {
      // Counts of other isolates, of hours long gone, do not make it grow either.
      const refusals = Object.fromEntries(
        Array.from({ length: 100 }, (_, at) => [String(100 + at), { key_disabled: 1 }]),
      );
      await gate.admit(key.id, { ...REFUSED, leaseId: "more", refusals });
    });
    await failing(key.gate, "after", 1);
    // D1 has it, and the object does not know.
    await runDurableObjectAlarm(key.gate);
    await evictDurableObject(key.gate);
    const gate = env.GATE.getByName(key.id);
    await runDurableObjectAlarm(gate);
    const rows = (await counters()).filter(({ key_id }) => key_id === key.id);
    expect(rows).toHaveLength(24);
    expect(rows.reduce((sum, { count }) => sum + Number(count), 0)).toBe(25);
    const state = await runInDurableObject(gate, (_, ctx) => ctx.storage.kv.get<GateState>("state"));
    expect(Object.keys(state?.refusals.counts ?? {}).length).toBeLessThanOrEqual(24);
  });
});

const REFUSED = {
  leaseId: "",
  platforms: ["anthropic"] as ["anthropic"],
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
};

describe("refusals are shown", () => {
  const at = Date.parse("2026-11-21T12:00:00Z");
  const insert = (hour: number, key: string, reason: string, count: number) =>
    env.DB.prepare("INSERT INTO refusals_hourly VALUES (?, ?, ?, ?)")
      .bind(at / HOUR + hour, key, reason, count)
      .run();
  const range = "from=2026-11-20T00:00:00Z&to=2026-11-22T00:00:00Z";

  it("by hour and by day, newest first, and page by page", async () => {
    await insert(0, "one", "budget", 2);
    await insert(1, "one", "window", 3);
    await insert(-20, "two", "budget", 4);
    const hours = await read(`group_by=hour&${range}`);
    expect(hours.items.map(({ hour, count }) => [hour, count])).toEqual([
      ["2026-11-21T13:00:00.000Z", 3],
      ["2026-11-21T12:00:00.000Z", 2],
      ["2026-11-20T16:00:00.000Z", 4],
    ]);
    expect((await read(`group_by=day&${range}`)).items).toMatchObject([
      { day: "2026-11-21", count: 5 },
      { day: "2026-11-20", count: 4 },
    ]);
    expect((await read(`group_by=day&${range}`, { TIMEZONE_OFFSET: "8" } as Partial<Env>)).items).toMatchObject([
      { day: "2026-11-21", count: 9 },
    ]);
    const first = await read(`group_by=key&then_by=reason&limit=2&${range}`);
    expect(first).toMatchObject({ total: 9, next_cursor: "2", items: [{ count: 4 }, { count: 3 }] });
    expect(await read(`group_by=key&then_by=reason&limit=2&cursor=2&${range}`)).toMatchObject({
      total: 9,
      next_cursor: null,
      items: [{ key_id: "one", reason: "budget", count: 2, last_at: "2026-11-21T12:00:00.000Z" }],
    });
  });

  it.each([
    "group_by=key&then_by=key",
    "group_by=model",
    "from=2026-01-01T00:00:00Z",
    "cursor=x",
    "from=2999-01-01T00:00:00Z",
  ])("but not for ?%s", async (query) => expect((await asAdmin("GET", `/admin/refusals?${query}`)).status).toBe(400));

  it("for next to nothing where there are none, and for a few rows read each where there are", async () => {
    const none = notingDatabase();
    await read(`group_by=key&then_by=reason&${range}`, { DB: none.DB });
    // The session, and the look whether there are any.
    expect(await none.rowsRead()).toBeLessThanOrEqual(2);
    for (let hour = 0; hour < 10; hour++) await insert(hour, "one", "budget", 1);
    const some = notingDatabase();
    await read(`group_by=hour&${range}`, { DB: some.DB });
    expect(await some.rowsRead()).toBeLessThanOrEqual(10 * 8 + 20);
    expect(MOST_COUNTERS).toBeLessThanOrEqual(50_000);
  });

  it("as long as the log is kept", async () => {
    await insert(0, "one", "budget", 1);
    await insert(-24 * 31, "one", "budget", 1);
    await retain(env, at);
    expect(await counters()).toHaveLength(1);
  });
});
