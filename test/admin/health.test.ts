/** `/admin/health`: each thing that the relay stands on is broken in turn, and named; what works is told all the same. */
import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { scheduled } from "../../src/scheduled.ts";
import worker from "../../src/worker.ts";
import { eventually } from "../eventually.ts";
import { streamOf } from "../front/messages.ts";
import { failing } from "../gate/key.ts";
import { ask, behave, makeAccount, makeKey, report, rows } from "../relay/relay-in-process.ts";
import { asAdmin, ORIGIN, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

// biome-ignore lint/suspicious/noExplicitAny: a test that reads a field of another kind of answer fails on it
type Health = any;

/** Cloudflare's own words: https://developers.cloudflare.com/d1/platform/limits/ and workers' forums. */
const D1_USED_UP =
  "D1_ERROR: Your account has exceeded D1's free tier daily row write limit. This limit resets at midnight UTC.";
const OBJECTS_USED_UP = "Exceeded allowed rows written in Durable Objects free tier.";

async function health(bindings?: Partial<Env>): Promise<Health> {
  const { status, body } = await asAdmin("GET", "/admin/health", undefined, bindings);
  expect(status).toBe(200);
  return body;
}

const checkOf = ({ checks }: Health, name: string) => checks.find((check: { name: string }) => check.name === name);

/** D1 that takes no writes; with `reads` no reads either. */
function d1Failing(message: string, reads = false): D1Database {
  const refuses = (sql: string) => reads || !/^\s*select/i.test(sql);
  return new Proxy(env.DB, {
    get(target, property) {
      if (property === "prepare") {
        return (sql: string) => {
          const statement = target.prepare(sql);
          return refuses(sql) ? refusing(statement) : statement;
        };
      }
      if (property === "batch") return () => Promise.reject(new Error(message));
      const value = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  function refusing(statement: D1PreparedStatement): D1PreparedStatement {
    return new Proxy(statement, {
      get(target, property) {
        if (property === "bind") return (...values: unknown[]) => refusing(target.bind(...values));
        if (["run", "first", "all", "raw"].includes(String(property))) return () => Promise.reject(new Error(message));
        return Reflect.get(target, property);
      },
    });
  }
}

const gatesFailing = (message: string) =>
  ({ getByName: () => ({ report: () => Promise.reject(new Error(message)) }) }) as unknown as Env["GATE"];

beforeAll(async () => {
  await signIn();
  await makeAccount();
});
beforeEach(async () => {
  await scheduled({ ...env, PRICE_FEED_URL: "" }, Date.now());
});
afterEach(() => vi.restoreAllMocks());

describe("the health of the relay", () => {
  it("is well where all works, and says what waits, when the cron ran and when D1 was written to", async () => {
    behave({ chunks: streamOf(["hello"]) });
    const { id, key } = await makeKey();
    await (await ask(key)).text();
    expect(await rows(id)).toHaveLength(1);
    const all = await health({ PRICE_FEED_URL: "" });
    expect(all).toMatchObject({
      status: "ok",
      used_up: [],
      cron: { failed_jobs: [] },
      price_feed: null,
      last_flush_at: expect.any(String),
      ledger: { in_flight: 0, quarantined: 0, gates_unreachable: 0 },
    });
    expect(all.checks.map(({ status }: { status: string }) => status)).toEqual(all.checks.map(() => "ok"));
  });

  it("names a day's allowance of D1 that is used up, and that what is booked waits, while requests are served", async () => {
    const all = await health({ DB: d1Failing(D1_USED_UP) });
    expect(all.status).toBe("failed");
    expect(checkOf(all, "d1_writes")).toMatchObject({
      status: "failed",
      detail: "What the free plan allows in a day is used up.",
    });
    expect(checkOf(all, "d1_reads").status).toBe("ok");
    expect(all.used_up).toEqual([{ of: "d1", until: expect.stringMatching(/T00:00:00\.000Z$/) }]);
  });

  it("says how many booked requests wait while D1 does not take them, and serves on", async () => {
    behave({ chunks: streamOf(["hello"]) });
    const { id, key } = await makeKey();
    const gate = env.GATE.getByName(id);
    await (await ask(key)).text();
    await eventually(async () => expect(await report(id)).toMatchObject({ unflushed: 1 }));
    await failing(gate, "before", 10);
    await expect(runInDurableObject(gate, (instance) => instance.flush())).rejects.toThrow("D1 is away");
    const all = await health();
    expect(all).toMatchObject({ status: "warn", ledger: { waiting: 1 } });
    expect(checkOf(all, "gates").detail).toMatch(/could not write to D1; 1 requests wait\.$/);
    expect((await ask(key)).status).toBe(200);
  });

  it("is told, with nothing of D1, also when D1 does not answer at all", async () => {
    const { status, body } = await asAdmin("GET", "/admin/health", undefined, { DB: d1Failing("network lost", true) });
    // The session itself is looked up in D1.
    expect([status, body.error.type]).toEqual([500, "api_error"]);
  });

  it("reads for the last flush the keys of the newest requests, however many keys there are", async () => {
    const figures = "INSERT INTO key_figures (key_id, said_at, last_used_at, requests, tokens, cost_nanos) VALUES";
    const ids = Array.from({ length: 1_000 }, (_, at) => `('of-many-${at}', 1, 1, 1, 1, 1)`);
    await env.DB.exec(`${figures} ${ids.join(", ")}`);
    behave({ chunks: streamOf(["hello"]) });
    const { id, key } = await makeKey();
    await (await ask(key)).text();
    expect(await rows(id)).toHaveLength(1);
    const { DB, noted } = notingDatabase();
    const { last_flush_at } = await health({ DB });
    expect(Date.parse(last_flush_at)).toBeGreaterThan(Date.now() - 60_000);
    const asked = noted.find(({ sql }) => sql.includes("max(said_at)"));
    const { meta } = await env.DB.prepare(asked?.sql ?? "").all();
    expect(meta.rows_read).toBeLessThanOrEqual(150);
    await env.DB.exec("DELETE FROM key_figures WHERE key_id LIKE 'of-many-%'");
  });

  it("is told though a question that nothing depends on is never answered", async () => {
    const DB = new Proxy(env.DB, {
      get(target, property) {
        if (property !== "prepare") return Reflect.get(target, property).bind(target);
        return (sql: string) =>
          sql.includes("max(said_at)") ? { first: () => new Promise(() => undefined) } : target.prepare(sql);
      },
    });
    const all = await health({ DB });
    expect([all.last_flush_at, checkOf(all, "d1_reads").status]).toEqual([null, "ok"]);
  }, 30_000);

  it("names objects whose allowance is used up", async () => {
    behave({ chunks: streamOf(["hello"]) });
    const { id, key } = await makeKey();
    await (await ask(key)).text();
    expect(await rows(id)).toHaveLength(1);
    const all = await health({ GATE: gatesFailing(OBJECTS_USED_UP) });
    expect(checkOf(all, "gates")).toMatchObject({ status: "failed", detail: expect.stringContaining("used up") });
    expect(all.used_up).toEqual([{ of: "objects", until: expect.anything() }]);
    const restarting = await health({ GATE: gatesFailing("Durable Object reset because its code was updated.") });
    expect(restarting.used_up).toEqual([]);
    expect(checkOf(restarting, "gates").detail).toMatch(/^\d+ of \d+ gates in use did not answer\.$/);
  });

  it("names a secret that is too weak, a credential under a key that is gone, and a cron that has failed or stands still", async () => {
    const lost = await health({ ENCRYPTION_KEY: "another-encryption-key-of-32-characters" });
    expect(checkOf(lost, "vault")).toMatchObject({
      status: "failed",
      detail: expect.stringMatching(/^\d+ credentials are sealed under an ENCRYPTION_KEY that is not configured\.$/),
    });
    await env.DB.exec("DELETE FROM settings WHERE name = 'cron_status'");
    expect(checkOf(await health(), "cron")).toMatchObject({ status: "warn", detail: "The cron has not run yet." });
    await scheduled({ ...env, PRICE_FEED_URL: "", KV: undefined as unknown as KVNamespace }, Date.now());
    expect(checkOf(await health(), "cron")).toMatchObject({
      status: "warn",
      detail: "In its last run failed: price feed, repricing.",
    });
  });

  it("says when the last scheduled backup ended, its size, and what has failed since; and nothing where none is set up", async () => {
    const set = (name: string, value: object) =>
      env.DB.prepare("INSERT INTO settings VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")
        .bind(name, JSON.stringify(value))
        .run();
    const endedAt = Date.now() - 3_600_000;
    const last = { name: "edge-relay/one.backup", beganAt: endedAt, endedAt, bytes: 12_345, rows: {} };
    await set("scheduled_backup", { underWay: null, last, beganAt: endedAt });
    const on = { BACKUP_KEY: "edge-relay-backup.x" };
    const well = await health(on);
    const said = { name: last.name, ended_at: new Date(endedAt).toISOString(), bytes: 12_345 };
    expect([checkOf(well, "backup").status, well.backup]).toEqual([
      "ok",
      { last: said, under_way_since: null, failure: null },
    ]);
    await set("scheduled_backup_failure", { at: endedAt, why: "put: internal error" });
    expect(checkOf(await health(on), "backup")).toMatchObject({
      status: "warn",
      detail: "Its last step failed: put: internal error",
    });
    await env.DB.exec("DELETE FROM settings WHERE name = 'scheduled_backup_failure'");
    await set("scheduled_backup", { underWay: null, last: { ...last, endedAt: endedAt - 4 * 86_400_000 }, beganAt: 1 });
    expect(checkOf(await health(on), "backup").status).toBe("warn");
    const off = await health();
    expect([checkOf(off, "backup").status, off.backup]).toEqual(["ok", null]);
    await env.DB.exec("DELETE FROM settings WHERE name = 'scheduled_backup'");
  });

  it("is public without any detail", async () => {
    const answer = await exports.default.fetch(new Request(`${ORIGIN}/health`));
    expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
  });
});

describe("a change that D1 does not take because its allowance is used up", () => {
  it("is answered with when it can be made again, and not as a bug", async () => {
    const { status, body } = await asAdmin(
      "PATCH",
      "/admin/settings",
      { request_log_days: 7 },
      { DB: d1Failing(D1_USED_UP) },
    );
    expect([status, body.error]).toEqual([
      503,
      { type: "allowance_used_up", message: expect.stringContaining("until 00:00 UTC") },
    ]);
  });
});

describe("a request that no gate can take because objects have used up their allowance", () => {
  it("is refused at once, in words that say until when, and nobody is asked three times", async () => {
    const { key } = await makeKey();
    let asked = 0;
    const gate = {
      admit: () => {
        asked++;
        return Promise.reject(new Error(OBJECTS_USED_UP));
      },
      cancel: () => Promise.resolve(),
    };
    const GATE = { getByName: () => gate } as unknown as Env["GATE"];
    const ctx = createExecutionContext();
    const request = new Request<unknown, IncomingRequestCfProperties>(`${ORIGIN}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": key, "content-type": "application/json" },
      body: JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 1, messages: [{ role: "user", content: "hi" }] }),
    });
    const answer = await worker.fetch(request, { ...env, GATE }, ctx);
    const { error } = (await answer.json()) as { error: { message: string } };
    await waitOnExecutionContext(ctx);
    expect([answer.status, asked]).toEqual([424, 1]);
    expect(error.message).toMatch(/free plan allows in a day\. It serves again from \d{4}-\d\d-\d\dT00:00:00\.000Z\.$/);
  });
});
