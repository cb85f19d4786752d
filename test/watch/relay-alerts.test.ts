/** What befalls the relay, and its end, arrives at every channel in its service's own form, once. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { asAdmin, signIn } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { keyWith } from "../gate/key.ts";
import { book, entry } from "../store/rows.ts";
import {
  account,
  at,
  beginAnew,
  DAY,
  expectOnce,
  HOUR,
  makeChannels,
  served,
  thisHour,
  watchAt,
  watchHour,
  workAt,
} from "./provoked.ts";

const settings = async (changed: object) =>
  expect((await asAdmin("PATCH", "/admin/alerts/settings", changed)).status).toBe(200);
const _iso = (time: number) => new Date(time).toISOString();

/** The answer of the releases, and of everything else that is no channel. */
let elsewhere: (request: Request) => Response = () => new Response(null, { status: 502 });

beforeAll(async () => {
  await signIn();
  await makeChannels();
});
beforeEach(() => beginAnew((request) => elsewhere(request)));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("the relay near its daily and at its monthly budget is told with the amounts", async () => {
  await settings({ daily_budget_usd: "10", monthly_budget_usd: "8" });
  const noon = Math.floor(Date.now() / DAY) * DAY + 12 * HOUR;
  await book("k", [entry(noon, { costNanos: 8.5e9 })]);
  for (const minutes of [60, 115, 120, 175]) await watchAt(noon + minutes * 60_000);
  expectOnce("budget_near", /^The relay has used 85 % of today's budget\n\$8\.5 of \$10\. Nothing is refused/);
  expectOnce("budget_reached", /^The relay has used up this month's budget\n\$8\.5 of \$8; the period ends at /);
});

it("the relay with a model that has no price is told which, once, and again when it comes back later", async () => {
  await book("k", [
    entry(thisHour(), { model: "gpt-9-<b>", unpriced: true }),
    entry(thisHour(), { model: "gpt-9-<b>", unpriced: true }),
  ]);
  for (const hours of [0, 1, 2]) await watchAt(at(40, hours));
  expectOnce("model_unpriced", /^Model gpt-9-<b> has no known price\n2 requests of the last day/);
  await watchAt(at(40, 26));
  expect(await env.DB.prepare("SELECT count(*) AS n FROM alert_episodes").first("n")).toBe(0);
});

it("the relay with a model that a client has named like a page is told its name, and no link", async () => {
  await book("k", [entry(thisHour(), { model: "https://evil.test/x", unpriced: true })]);
  await watchAt(at(40));
  const [told] = served.arrived;
  expect(told?.text).not.toMatch(/https?:\/\/|evil\.test/);
  expect(told?.text.replaceAll("\u2060", "")).toMatch(/^Model https:\/\/evil\.test\/x has no known price/);
});

it("the relay whose cache share falls is told what has changed", async () => {
  const now = thisHour();
  const hit = { ...NO_USAGE, input: 10_000, cacheRead: 90_000 };
  const miss = { ...NO_USAGE, input: 100_000 };
  const { id } = (await asAdmin("POST", "/admin/api-keys", { name: "new-agent" })).body;
  const acc = await account("main");
  const many = (time: number, usage: typeof hit, model: string) =>
    Array.from({ length: 25 }, () => entry(time, { usage, model, accountId: acc }));
  await book(id, [...many(now - 20 * HOUR, hit, "claude-opus-4-8"), ...many(now - 20 * HOUR, hit, "claude-sonnet-5")]);
  await book(id, [...many(now - 2 * HOUR, miss, "claude-opus-4-8"), ...many(now - 2 * HOUR, hit, "claude-sonnet-5")]);
  for (const hours of [0, 1]) await watchAt(at(55, hours));
  expectOnce(
    "cache_share_fell",
    /^Less comes from prompt caches: 90 % → 45 %\n.*\nModel claude-opus-4-8: 90 % → 0 %\.\nKey new-agent: 90 % → 45 %\.\nAccount main: 90 % → 45 %\./,
  );
});

it("the relay near the end of a daily allowance is told when it will be there", async () => {
  const key = await keyWith();
  await key.use(1);
  await key.gate.flush();
  await env.DB.prepare("UPDATE key_figures SET object_rows = 86000, d1_rows = 1").run();
  const noon = Math.floor(Date.now() / DAY) * DAY + 12 * HOUR;
  for (const minutes of [5, 20]) await watchAt(noon + minutes * 60_000);
  expectOnce(
    "allowance_near",
    /^86 % of the day's Durable Object rows written are used\n86000 of 100000 .*\nAt this rate they are used up at \d{4}-\d\d-\d\d 1[34]:\d\d UTC\./,
  );
});

it("the relay whose objects are used up for the day is told by the request that meets it, however many do", async () => {
  const { api_key } = (await asAdmin("POST", "/admin/api-keys", { name: "unlucky" })).body;
  // Cloudflare's own words.
  const failed = new Error("Exceeded allowed rows written in Durable Objects free tier.");
  const gate = { admit: () => Promise.reject(failed), cancel: () => Promise.resolve() };
  const GATE = { getByName: () => gate } as unknown as Env["GATE"];
  const { default: worker } = await import("../../src/worker.ts");
  for (let times = 0; times < 3; times++) {
    const ctx = createExecutionContext();
    const request = new Request<unknown, IncomingRequestCfProperties>("https://relay.test/v1/messages", {
      method: "POST",
      headers: { "x-api-key": api_key, "content-type": "application/json" },
      body: JSON.stringify({ model: "claude-opus-4-8", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
    });
    expect((await worker.fetch(request, { ...env, GATE }, ctx)).status).toBe(424);
    await waitOnExecutionContext(ctx);
  }
  await eventually(() =>
    expectOnce("allowance_used_up", /^The day's Durable Objects allowance is used up\nEvery request/),
  );
});

it("the relay whose D1 takes no writes is told from KV's copy of the channels, and D1 has it afterwards", async () => {
  await watchAt(at(-5));
  const DB = { prepare: env.DB.prepare.bind(env.DB), batch: () => Promise.reject(new Error("D1_ERROR: exceeded")) };
  for (const minutes of [5, 10]) await watchAt(thisHour() + minutes * 60_000, { DB: DB as unknown as D1Database });
  expectOnce("storage_unwritable", /^D1 takes no writes\nSince /);
  // KV keeps its mark for a while.
  const KV = { get: env.KV.get.bind(env.KV), delete: () => Promise.reject(new Error("KV PUT failed: 429")) };
  for (const minutes of [15, 20]) await watchAt(thisHour() + minutes * 60_000, { KV: KV as unknown as KVNamespace });
  for (const minutes of [25, 30]) await watchAt(thisHour() + minutes * 60_000);
  expectOnce("storage_unwritable", /^Over: D1 takes no writes/, "recovered");
  const listed = (await asAdmin("GET", "/admin/alerts?type=storage_unwritable")).body.items;
  expect(listed.map(({ phase, deliveries }) => [phase, (deliveries as object[]).length])).toEqual([
    ["recovered", 9],
    ["raised", 9],
  ]);
}, 60_000);

it("the relay whose job fails is told, and when it works again", async () => {
  const KV = { get: () => Promise.reject(new Error("KV is down")) } as unknown as KVNamespace;
  for (const hours of [0, 1]) await workAt(thisHour() + hours * HOUR, { KV, PRICE_FEED_URL: "https://prices.test/" });
  await eventually(() => expectOnce("job_failed", /^A job of the cron failed: price feed/));
  await workAt(thisHour() + 2 * HOUR, { PRICE_FEED_URL: "" });
  await watchAt(thisHour() + 2 * HOUR);
  expectOnce("job_failed", /^Over: A job of the cron failed: price feed/, "recovered");
});

it("the relay that could not send for a while says so, and that it can again", async () => {
  const DB = new Proxy(env.DB, {
    get(target, member) {
      if (member !== "prepare") return Reflect.get(target, member).bind(target);
      return (sql: string) =>
        sql === "SELECT 1 FROM alert_outbox LIMIT 1"
          ? { first: () => Promise.reject(new Error("D1_ERROR: overloaded")) }
          : target.prepare(sql);
    },
  });
  await watchAt(at(5), { DB });
  await eventually(() => expectOnce("job_failed", /^A job of the cron failed: alerts: delivery/));
  // What has sent again says so with what it sends next.
  for (const minutes of [10, 15]) await watchAt(at(minutes));
  expectOnce("job_failed", /^Over: A job of the cron failed: alerts: delivery/, "recovered");
});

it("the relay that is older than the newest release is told once a version, and asks once a day", async () => {
  let asked = 0;
  elsewhere = (request) => {
    asked += Number(new URL(request.url).host === "releases.test");
    return Response.json([
      { tag_name: "v9.1.0-rc.1", prerelease: true },
      { tag_name: "v9.0.1", html_url: "https://releases.test/v9.0.1", draft: false, prerelease: false },
      { tag_name: "v0.0.9", html_url: "https://releases.test/v0.0.9", draft: false, prerelease: false },
    ]);
  };
  await settings({ release_feed_url: "https://releases.test/releases" });
  const midnight = Math.floor(Date.now() / DAY) * DAY;
  for (const hours of [0, 1, 23]) await watchAt(midnight + 25 * 60_000 + hours * HOUR);
  expect(asked).toBe(1);
  await watchAt(midnight + 25 * 60_000 + DAY);
  expectOnce(
    "new_version",
    /^Version 9\.0\.1 is out\nThis relay is \d+\.\d+\.\d+\.\nhttps:\/\/releases\.test\/v9\.0\.1/,
  );
  await settings({ release_feed_url: "" });
  await watchAt(midnight + 25 * 60_000 + 2 * DAY);
  expect(asked).toBe(2);
});

it("the relay sends a digest of the day before, compared with the one before that, once", async () => {
  await settings({ digest: "day", digest_hour: 8, language: "en" });
  const today = Math.floor(Date.now() / DAY) * DAY;
  const { id } = (await asAdmin("POST", "/admin/api-keys", { name: "bob" })).body;
  await account("one");
  const usage = { ...NO_USAGE, input: 100, cacheRead: 300 };
  await book(id, [
    entry(today - 3 * HOUR, { costNanos: 2e9, usage }),
    entry(today - 4 * HOUR, { status: 529, outcome: "upstream_error", usage }),
  ]);
  await book("k", [
    entry(today - 5 * HOUR, { costNanos: 1e9, usage }),
    entry(today - 30 * HOUR, { costNanos: 5e9, usage: { ...usage, cacheRead: 0 } }),
  ]);
  await watchAt(today + 7 * HOUR);
  expect(served.arrived).toEqual([]);
  for (const minutes of [0, 5, 60]) await watchAt(today + 8 * HOUR + minutes * 60_000);
  expectOnce(
    "digest",
    /^The relay's day: 3 requests, \$3\n.*\nRequests: 3 \(1\)\nErrors: 1 \(0\)\nCost: \$3 \(\$5\)\nFrom caches: 75 % \(0 %\)\nKey bob: \$2, 2 requests\nKey k: \$1, 1 requests\nAccounts: 1 ok/,
  );
  await watchAt(today + DAY + 8 * HOUR);
  expect(served.arrived.filter(({ body }) => body.type === "digest")).toHaveLength(2);
});

it("the relay says nothing where all is well", async () => {
  await account("fine");
  await book("k", [entry(thisHour(), { costNanos: 1e9 })]);
  await watchHour(thisHour());
  expect([served.arrived, served.strays]).toEqual([[], []]);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM alerts").first("n")).toBe(0);
});
