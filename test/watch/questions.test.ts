/**
 * A free invocation asks D1 fifty times at the most. Everything is due at once here, more than any run takes on: each run of the cron
 * stays below that, and in the end everything was told.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { raise } from "../../src/alerts/outbox.ts";
import { HEALTHY } from "../../src/pool/health.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { asAdmin, signIn } from "../admin/client.ts";
import { book, entry } from "../store/rows.ts";
import { account, beginAnew, DAY, HOUR, makeChannels, watchAt, workAt } from "./provoked.ts";

const FREE = 50;
const JOBS = ["accounts", "digest", "reminders", "D1", "sign-ins", "jobs", "keys", "prices", "delivery"];

beforeAll(async () => {
  await signIn();
  await makeChannels();
});
beforeEach(() => beginAnew(() => new Response(null, { status: 502 })));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** D1, and how often it was asked: a batch is one question. */
function counted() {
  let asked = 0;
  const statement = (real: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(real, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => statement(target.bind(...values));
        if (["first", "all", "run", "raw"].includes(String(name))) asked++;
        const value: unknown = Reflect.get(target, name === REAL ? "valueOf" : name);
        return name === REAL ? target : typeof value === "function" ? value.bind(target) : value;
      },
    });
  const DB = new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => statement(target.prepare(sql));
      if (name === "batch") {
        return (statements: D1PreparedStatement[]) => {
          asked++;
          return target.batch(statements.map((one) => (Reflect.get(one, REAL) as D1PreparedStatement) ?? one));
        };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { DB, asked: () => asked };
}
const REAL = Symbol("real");

/** At 08:00 of a Monday, when a digest is due, too. */
const MONDAY = Date.UTC(2026, 10, 30, 8);

async function everythingAtOnce(now: number): Promise<void> {
  const settings = { daily_budget_usd: "1", monthly_budget_usd: "1", digest: "week", remind_hours: 1 };
  expect((await asAdmin("PATCH", "/admin/alerts/settings", settings)).status).toBe(200);
  const ids: string[] = [];
  for (let at = 0; at < 16; at++) ids.push(await account(`account-${at}`));
  const open = (type: "account_disabled" | "sign_in_needed" | "account_limited", subject: string) =>
    raise(
      env,
      { type, subject, params: { name: subject, reason: null, until: null }, endsAt: null } as never,
      now - 2 * DAY,
    );
  // Eight are back, of each of two things that were told; thirty are gone; eight are out of service.
  for (const id of ids.slice(0, 8)) await Promise.all([open("account_disabled", id), open("sign_in_needed", id)]);
  for (let at = 0; at < 30; at++) await open("account_limited", `acc_gone_${at}`);
  const health = JSON.stringify({ ...HEALTHY, disabled: "account_closed" });
  await env.DB.batch([
    ...ids.slice(8).map((id) => env.DB.prepare("INSERT INTO account_health VALUES (?1, ?2, ?3)").bind(id, health, now)),
    env.DB.prepare("UPDATE credentials SET ends_at = ?1").bind(now + 5 * DAY),
    env.DB.prepare("UPDATE settings SET value = value + 1 WHERE name IN ('snapshot_version', 'health_version')"),
  ]);
  for (const name of JOBS) {
    const job = `alerts: ${name}`;
    await raise(env, { type: "job_failed", subject: job, params: { job }, endsAt: null }, now - 2 * DAY);
  }
  const hit = { ...NO_USAGE, input: 10_000, cacheRead: 90_000 };
  const miss = { ...NO_USAGE, input: 100_000 };
  const many = (time: number, usage: typeof hit, more: object = {}) =>
    Array.from({ length: 25 }, () => entry(time, { usage, accountId: ids[0] ?? "", costNanos: 1e9, ...more }));
  await book("k", [
    ...many(now - 20 * HOUR, hit),
    ...many(now - 2 * HOUR, miss),
    ...Array.from({ length: 9 }, (_, at) => entry(now - HOUR, { model: `gpt-unheard-${at}`, unpriced: true })),
  ]);
}

it("no run of the watch asks D1 more than a free invocation may, whatever is due at once", async () => {
  await everythingAtOnce(MONDAY);
  const asked: number[] = [];
  for (let minutes = 0; minutes < 120; minutes += 5) {
    const db = counted();
    await watchAt(MONDAY + minutes * 60_000, { DB: db.DB });
    asked.push(db.asked());
  }
  expect(Math.max(...asked), asked.join()).toBeLessThan(FREE);
  // None of it was left behind.
  const { results } = await env.DB.prepare("SELECT type, count(*) AS n FROM alert_episodes GROUP BY type").all();
  const left = Object.fromEntries(results.map(({ type, n }) => [type, n]));
  expect(left).toMatchObject({ account_disabled: 8, model_unpriced: 9 });
  expect(left).not.toHaveProperty("account_limited");
  expect(left).not.toHaveProperty("sign_in_needed");
  expect(left).not.toHaveProperty("job_failed");
});

it("nor does the hourly run", async () => {
  const now = Date.UTC(2026, 10, 30, 4, 17);
  await everythingAtOnce(now);
  const db = counted();
  await workAt(now, { DB: db.DB });
  expect(db.asked()).toBeLessThan(FREE);
});
