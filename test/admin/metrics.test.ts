/** `/metrics`: who may read it, that it is Prometheus' own format, and that its counters are what was booked and never fall. */
import { env, exports } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readCounters } from "../../src/admin/metrics/counters.ts";
import { metrics } from "../../src/admin/metrics/routes.ts";
import { MOST_PAIRS, NOTHING, OTHER, plus } from "../../src/admin/metrics/totals.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { asAdmin, ORIGIN, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";
import { parseExposition } from "./prometheus.ts";

const HOUR = 3_600_000;
const TOKEN = "scraper-token-of-at-least-32-characters";

let session = "";
let accountId = "";

async function scrape(token: string, bindings: Partial<Env> = { METRICS_TOKEN: TOKEN }): Promise<Response> {
  const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  return metrics.fetch(new Request(`${ORIGIN}/metrics`, { headers }), { ...env, ...bindings });
}

async function samples(bindings?: Partial<Env>) {
  const answer = await scrape(TOKEN, { METRICS_TOKEN: TOKEN, ...bindings });
  expect(answer.status).toBe(200);
  return parseExposition(await answer.text());
}

beforeAll(async () => {
  session = await signIn();
  accountId = (
    await asAdmin("POST", "/admin/accounts", {
      name: 'first "one"\\',
      platform: "anthropic",
      kind: "api-key",
      api_key: "sk-metrics-0123456789",
    })
  ).body.id;
});
beforeEach(async () => {
  await emptyLedger();
  await env.DB.exec("DELETE FROM refusals_hourly");
});

describe("who may read the metrics", () => {
  it("is who shows the token, and an administrator", async () => {
    const answer = await scrape(TOKEN);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
    ]);
    expect((await scrape(session)).status).toBe(200);
  });

  it.each([
    ["no token", ""],
    ["another token", "another-token-of-at-least-32-characters"],
    ["the beginning of the token", TOKEN.slice(0, -1)],
  ])("is nobody with %s", async (_, token) => {
    expect((await scrape(token)).status).toBe(401);
  });

  it("is nobody with a token that is too short, or with none where none is set", async () => {
    expect((await scrape("short", { METRICS_TOKEN: "short" })).status).toBe(401);
    expect((await scrape("", { METRICS_TOKEN: "" })).status).toBe(401);
    const front = await exports.default.fetch(new Request(`${ORIGIN}/metrics`));
    expect(front.status).toBe(401);
  });

  it("opens nothing else with the token", async () => {
    const { status } = await asAdmin("GET", "/admin/accounts", undefined, { METRICS_TOKEN: TOKEN });
    expect(status).toBe(200);
    const answer = await exports.default.fetch(
      new Request(`${ORIGIN}/admin/accounts`, { headers: { authorization: `Bearer ${TOKEN}` } }),
    );
    expect(answer.status).toBe(401);
  });
});

describe("what the metrics say", () => {
  it("is what was booked, by account, model and kind, with names that are escaped", async () => {
    const now = Date.now();
    const usage = { ...NO_USAGE, input: 100, output: 10, cacheRead: 50 };
    await book("k", [
      entry(now, { accountId, usage, costNanos: 1_500_000_000, ttftMs: 400, durationMs: 3_000 }),
      entry(now, { accountId, usage, costNanos: 500_000_000, ttftMs: 40_000, durationMs: 500_000 }),
      entry(now, { accountId, outcome: "upstream_error", status: 529, ttftMs: null, usage: NO_USAGE }),
    ]);
    const { value } = await samples();
    const of = { account: accountId, name: 'first "one"\\', platform: "anthropic", model: "claude-opus-4-8" };
    expect(value("edge_relay_requests_total", { ...of, outcome: "completed" })).toBe(2);
    expect(value("edge_relay_requests_total", { ...of, outcome: "upstream_error" })).toBe(1);
    expect(value("edge_relay_request_errors_total", of)).toBe(1);
    expect(value("edge_relay_tokens_total", { ...of, kind: "cache_read" })).toBe(100);
    expect(value("edge_relay_cost_usd_total", of)).toBe(2);
    const { model: _, ...account } = of;
    expect(value("edge_relay_time_to_first_token_seconds_bucket", { ...account, le: "0.5" })).toBe(1);
    expect(value("edge_relay_time_to_first_token_seconds_bucket", { ...account, le: "+Inf" })).toBe(2);
    expect(value("edge_relay_request_duration_seconds_count", account)).toBe(2);
    expect(value("edge_relay_account_state", { ...account, state: "ok" })).toBe(1);
    expect(value("edge_relay_allowance_limit", { allowance: "d1_rows" })).toBe(100_000);
    expect(value("edge_relay_requests_in_flight", {})).toBe(0);
  });

  it("counts refusals by reason", async () => {
    const hour = Math.floor(Date.now() / HOUR);
    await env.DB.prepare("INSERT INTO refusals_hourly VALUES (?1, 'k', 'budget', 3), (?1, '', 'key_invalid', 2)")
      .bind(hour)
      .run();
    const { value } = await samples();
    expect(value("edge_relay_refusals_total", { reason: "budget" })).toBe(3);
    expect(value("edge_relay_refusals_total", { reason: "key_invalid" })).toBe(2);
  });

  it("grows on when hours are over, also when these are folded into days and deleted", async () => {
    const now = Date.now();
    await book("k", [entry(now - 30 * HOUR, { accountId })]);
    // What was before the first scrape is not counted: nobody has seen it grow.
    const of = { account: accountId, model: "claude-opus-4-8", outcome: "completed" };
    expect((await samples()).value("edge_relay_requests_total", of)).toBeUndefined();
    await env.DB.prepare("UPDATE settings SET value = json_set(value, '$.hour', ?1) WHERE name = 'metric_totals'")
      .bind(Math.floor(now / HOUR) - 31)
      .run();
    expect((await samples()).value("edge_relay_requests_total", of)).toBe(1);
    await env.DB.exec("DELETE FROM usage_hourly");
    await book("k", [entry(now, { accountId })]);
    expect((await samples()).value("edge_relay_requests_total", of)).toBe(2);
  });

  it("never falls: neither when a request was not lost after all, nor when its cost is corrected", async () => {
    const now = Date.now();
    const lost = entry(now, { accountId, outcome: "lost", costNanos: 2_000_000_000 });
    await book("k", [lost]);
    const of = { account: accountId, model: "claude-opus-4-8" };
    expect((await samples()).value("edge_relay_cost_usd_total", of)).toBe(2);
    await book("k", [{ ...lost, outcome: "completed", costNanos: 500_000_000 }]);
    expect((await samples()).value("edge_relay_cost_usd_total", of)).toBe(2);
    await book("k", [entry(now, { accountId, costNanos: 2_500_000_000 })]);
    expect((await samples()).value("edge_relay_cost_usd_total", of)).toBe(3);
  });

  it("grows by what comes after a pause of days, though what was shown before it was of an hour that nobody reads again", async () => {
    const now = Date.now();
    const of = "acc_1\tclaude-opus-4-8";
    await book("k", [entry(now), entry(now), entry(now)]);
    const before = (await readCounters(env, now)).sums[of]?.requests ?? 0;
    const later = now + 72 * HOUR;
    await book("k", [entry(later), entry(later)]);
    expect((await readCounters(env, later)).sums[of]?.requests).toBe(before + 2);
    await book("k", [entry(later)]);
    expect((await readCounters(env, later)).sums[of]?.requests).toBe(before + 3);
    await env.DB.exec("DELETE FROM settings WHERE name = 'metric_totals'");
  });

  it("writes one row of D1 where something has grown, and none where nothing has", async () => {
    await book("k", [entry(Date.now(), { accountId })]);
    const writes = async () => {
      const { DB, noted } = notingDatabase();
      await samples({ DB });
      return noted.filter(({ sql }) => !/^\s*select/i.test(sql)).length;
    };
    expect([await writes(), await writes()]).toEqual([1, 0]);
  });

  it("counts each request once, whichever models come first with each scrape, and none of them ever falls", async () => {
    await env.DB.exec("DELETE FROM settings WHERE name = 'metric_totals'");
    const now = Math.floor(Date.now() / HOUR) * HOUR + 35 * 60_000;
    const models = Array.from({ length: MOST_PAIRS + 30 }, (_, at) => `model-${String(at).padStart(3, "0")}`);
    let booked = 0;
    const use = async (time: number, some: string[], times: number) => {
      booked += some.length * times;
      const entries = some.flatMap((model) => Array.from({ length: times }, () => entry(time, { model })));
      await book("k", entries);
    };
    let before: Record<string, Record<string, number>> = {};
    const scraped = async (at: number) => {
      const { sums } = await readCounters(env, at);
      for (const [pair, columns] of Object.entries(before)) {
        for (const [column, value] of Object.entries(columns)) {
          expect(sums[pair]?.[column] ?? 0, `${pair} ${column}`).toBeGreaterThanOrEqual(value);
        }
      }
      before = sums;
      expect(Object.values(sums).reduce((sum, { requests = 0 }) => sum + requests, 0)).toBe(booked);
      expect(Object.keys(sums).length).toBeLessThanOrEqual(MOST_PAIRS + 1);
    };
    await readCounters(env, now);
    await use(now, models.slice(0, 280), 1);
    await scraped(now);
    // New ones, busier than all that were shown; then the last of them; then the first once more, an hour later.
    await use(now, models.slice(280), 2);
    await scraped(now);
    await use(now, models.slice(-20), 3);
    await scraped(now);
    await use(now + HOUR, models.slice(-30), 4);
    await scraped(now + HOUR);
    await use(now + 2 * HOUR, models.slice(0, 300), 1);
    await scraped(now + 2 * HOUR);
    await env.DB.exec("DELETE FROM settings WHERE name = 'metric_totals'");
  });

  it("has so many series at the most, whatever models the holders of keys have named", () => {
    const rows = Array.from({ length: MOST_PAIRS + 50 }, (_, at) => ({
      account_id: "acc_1",
      model: `model-${at}`,
      requests: 1 + at,
      outcome_completed: 1,
    }));
    const { sums } = plus(NOTHING, { sums: rows, refusals: [] });
    expect(Object.keys(sums)).toHaveLength(MOST_PAIRS + 1);
    expect(sums[`acc_1\t${OTHER}`]?.requests).toBe(rows.slice(0, 50).reduce((sum, { requests }) => sum + requests, 0));
  });

  it("has series left for models that answer, however many names a holder has made up", () => {
    const madeUp = Array.from({ length: MOST_PAIRS }, (_, at) => ({
      ...{ account_id: "acc_1", model: `made-up-${at}`, requests: 1_000, outcome_completed: 0 },
    }));
    const poisoned = plus(NOTHING, { sums: madeUp, refusals: [] });
    const answered = { account_id: "acc_1", model: "m", requests: 2, outcome_completed: 1 };
    const { sums } = plus(poisoned, { sums: [answered], refusals: [] });
    expect(sums["acc_1\tm"]?.requests).toBe(2);
    expect(sums[`acc_1\t${OTHER}`]?.requests).toBe(1_000 * (MOST_PAIRS - MOST_PAIRS / 2));
    const failing = plus({ sums, refusals: {} }, { sums: [{ ...answered, outcome_completed: 0 }], refusals: [] });
    expect(failing.sums["acc_1\tm"]?.requests).toBe(4);
  });
});
