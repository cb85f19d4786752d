/** A key's own figures: how much of D1 a holder may have read, and what is shown while D1 is away. */
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HOLDER_ROWS_A_DAY, setAside } from "../../src/gate/holder-rows.ts";
import { NO_USE } from "../../src/gate/meter.ts";
import { DAY_MS, HOUR_MS } from "../../src/ground/durations.ts";
import { quota } from "../../src/holder/quota.ts";
import { ROWS_A_PAGE } from "../../src/holder/requests.ts";
import { days, models } from "../../src/holder/sums.ts";
import type { Call } from "../../src/relay/call.ts";
import { notingDatabase } from "../admin/noting-database.ts";
import { makeKey } from "../relay/relay-in-process.ts";

const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const HOUR = NOW / HOUR_MS;

let key: { id: string; key: string };
beforeEach(async () => {
  await env.DB.prepare("DELETE FROM usage_hourly").run();
  key = await makeKey();
});
afterEach(() => vi.restoreAllMocks());

async function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const request = new Request(`https://relay.test/api/usage${path}`, { headers: { "x-api-key": key.key, ...headers } });
  return exports.default.fetch(request);
}

const refusalOf = async (path: string) => (await ask(path)).headers.get("x-edge-relay-refusal");

/** A call as a view gets it, with D1 watched. */
function callOf(query: string) {
  const { DB, rowsRead } = notingDatabase();
  const url = new URL(`https://relay.test/${query}`);
  return { rowsRead, call: { env: { ...env, DB }, url, startedAt: NOW } as unknown as Call };
}

/** `models` sums in each of the last `hours` hours, of a request each. */
async function fill(keyId: string, hours: number, models: number): Promise<void> {
  const columns = (
    await env.DB.prepare("SELECT name FROM pragma_table_info('usage_hourly')").all<{ name: string }>()
  ).results
    .map(({ name }) => name)
    .filter((name) => !["hour", "key_id", "account_id", "model"].includes(name));
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
     INSERT INTO usage_hourly (hour, key_id, account_id, model, ${columns.join(", ")})
     SELECT CAST(?2 AS INTEGER) - i / CAST(?3 AS INTEGER), ?4, 'acc_1', 'model-' || (i % CAST(?3 AS INTEGER)), ${columns.map(() => "1").join(", ")} FROM n`,
  )
    .bind(hours * models, HOUR, models, keyId)
    .run();
}

describe("a holder who reads without end", () => {
  it("is refused for the rest of the day, with when it ends, while limits and totals can still be read", async () => {
    await env.GATE.getByName(key.id).report(key.id, { rows: HOLDER_ROWS_A_DAY - ROWS_A_PAGE - 300, sums: 0 });
    expect((await ask("/requests")).status).toBe(200);
    const response = await ask("/requests");
    expect(response.status).toBe(429);
    expect(response.headers.get("x-edge-relay-refusal")).toBe("figures_rate");
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect([await refusalOf(""), await refusalOf("/quota")]).toEqual([null, null]);
  });

  it("gets no more by asking often at once: the most that a read can be is set aside before it", async () => {
    const left = 3;
    await env.GATE.getByName(key.id).report(key.id, { rows: HOLDER_ROWS_A_DAY - left * (ROWS_A_PAGE + 250), sums: 0 });
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await ask("/requests")).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(left);
  });

  it("is slowed down by address before anybody looks whether the key is one", async () => {
    const stranger = { "x-api-key": `cr_${"0".repeat(64)}`, "cf-connecting-ip": "203.0.113.77" };
    const seen = new Set<string | null>();
    // Twice the rate: a minute may end in between.
    for (let time = 0; time < 1_300 && !seen.has("figures_rate"); time++) {
      seen.add((await ask("", stranger)).headers.get("x-edge-relay-refusal"));
    }
    expect([...seen]).toEqual(["key_invalid", "figures_rate"]);
  });
});

describe("rows that are set aside", () => {
  const fresh = () => ({ ...NO_USE });

  it("are as many as the key can have sums at the most, which are no more than its requests", () => {
    expect(setAside(fresh(), { rows: 0, sums: 20_000 }, 7, NOW)).toBe(14);
    expect(setAside(fresh(), { rows: 0, sums: 20_000 }, 1_000_000, NOW)).toBe(40_000);
  });

  it("are counted until the day ends, given back, and never below none", () => {
    const meter = fresh();
    expect(setAside(meter, { rows: HOLDER_ROWS_A_DAY, sums: 0 }, 0, NOW)).toBe(HOLDER_ROWS_A_DAY);
    expect(setAside(meter, { rows: 1, sums: 0 }, 0, NOW)).toBeNull();
    setAside(meter, { rows: -10, sums: 0 }, 0, NOW);
    expect(setAside(meter, { rows: 10, sums: 0 }, 0, NOW)).toBe(10);
    expect(setAside(meter, { rows: 1, sums: 0 }, 0, NOW + DAY_MS)).toBe(1);
    setAside(meter, { rows: -10, sums: 0 }, 0, NOW + DAY_MS);
    expect(meter.holderRows).toBe(0);
  });
});

describe("days and models", () => {
  it.each([
    ["days", days],
    ["models", models],
  ])("%s read the key's own sums alone, twice each", async (_name, view) => {
    await fill(key.id, 48, 3);
    await fill("key_other", 48, 50);
    const { call, rowsRead } = callOf("?days=30");
    const shown = await view(call, key.id);
    expect(shown.rows).toBe(await rowsRead());
    expect(shown.rows).toBeLessThanOrEqual(2 * 48 * 3 + 60);
  });

  it("of a key with more sums than one read may have are about fewer whole days, and say since when", async () => {
    await fill(key.id, 24 * 40, 30);
    const byDay = await days(callOf("?days=180").call, key.id);
    if (!byDay.ok) throw new Error("refused");
    const { items, from } = byDay.value;
    const whole = items.slice(1);
    expect(items.at(-1)?.date).toBe(from.slice(0, 10));
    expect(whole.length).toBeGreaterThan(20);
    expect(new Set(whole.map(({ requests }) => requests))).toEqual(new Set([24 * 30]));
    const byModel = await models(callOf("?days=180").call, key.id);
    if (!byModel.ok) throw new Error("refused");
    expect(byModel.value.items).toHaveLength(30);
    expect(Date.parse(byModel.value.from)).toBeGreaterThan(NOW - 30 * DAY_MS);
    expect(byModel.rows).toBeLessThanOrEqual(2 * 20_000 + 200);
  });
});

it("a holder sees the limits without the name while D1 is away", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const report = await env.GATE.getByName(key.id).report(key.id);
  if (!report) throw new Error("there is no key");
  const DB = new Proxy(env.DB, {
    get(target, property) {
      if (property === "prepare") return () => target.prepare("SELECT name FROM a_table_that_is_away WHERE id = ?");
      return Reflect.get(target, property);
    },
  });
  const shown = await quota({ env: { ...env, DB } } as unknown as Call, key.id, report);
  expect(shown).toMatchObject({ ok: true, value: { name: null, state: "active", limits: [] } });
});
