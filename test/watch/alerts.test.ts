/** Each alert, provoked by what it is about, arrives at every channel in its service's own form, once. */
import { createExecutionContext, runDurableObjectAlarm, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { classify } from "../../src/providers/faults.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { asAdmin, signIn } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { ESTIMATE, failing, INPUT, keyWith } from "../gate/key.ts";
import { book, entry } from "../store/rows.ts";
import {
  account,
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
/** So many minutes behind this whole hour: src/watch/watch.ts says what is looked at then. */
const at = (minutes: number, hours = 0) => thisHour() + minutes * 60_000 + hours * HOUR;
const iso = (time: number) => new Date(time).toISOString();

/** The answer of the token endpoint, of the releases, and of everything else that is no channel. */
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

const fault = (status: number, headers: Record<string, string> = {}, body = "{}") =>
  classify({ platform: "anthropic", family: null, status, headers: new Headers(headers), body }, Date.now());
const keyIdOf = (id: string) =>
  env.DB.prepare("SELECT fingerprint AS f FROM credentials WHERE account_id = ?").bind(id).first<string>("f");

describe("an account", () => {
  it("that needs a new sign-in is told by its Keeper at once, and again when it is signed in to", async () => {
    elsewhere = () => Response.json({ error: "invalid_grant" }, { status: 400 });
    const oauth = { access_token: "a".repeat(40), refresh_token: "r".repeat(40), expires_at: iso(Date.now() - 1) };
    const kind = { platform: "anthropic", kind: "oauth", terms_acknowledged: true };
    const { body } = await asAdmin("POST", "/admin/accounts", { name: "Claude Max", ...kind, oauth });
    await runDurableObjectAlarm(env.KEEPER.getByName(body.id));
    await eventually(() =>
      expectOnce("sign_in_needed", /^Account Claude Max needs a new sign-in\nWhy: the sign-in has ended/),
    );
    // Everybody else who sees it says nothing.
    for (const minutes of [0, 5, 10]) await watchAt(thisHour() + minutes * 60_000);
    expectOnce("sign_in_needed", /needs a new sign-in/);
    elsewhere = () => Response.json({ error: "temporarily_unavailable" }, { status: 503 });
    const fresh = { access_token: "b".repeat(40), refresh_token: "s".repeat(40), expires_at: iso(Date.now() + HOUR) };
    await asAdmin("PATCH", `/admin/accounts/${body.id}`, { oauth: fresh, terms_acknowledged: true });
    for (const minutes of [15, 20]) await watchAt(thisHour() + minutes * 60_000);
    expectOnce("sign_in_needed", /^Over: Account Claude Max needs a new sign-in/, "recovered");
  });

  it("that is limited is told with the reason and the time, and its recovery is", async () => {
    const id = await account("team");
    const keeper = env.KEEPER.getByName(id);
    const limited = fault(429, { "retry-after": "7200", "anthropic-ratelimit-unified-status": "rejected" });
    await keeper.reportFault(id, limited, (await keyIdOf(id)) ?? "");
    for (const minutes of [0, 5]) await watchAt(Date.now() + minutes * 60_000);
    expectOnce(
      "account_limited",
      /^Account team is limited\nWhy: .*limit is reached\.\nUntil: \d{4}-\d\d-\d\d \d\d:\d\d UTC\./,
    );
    await keeper.reset(id);
    for (const minutes of [10, 15]) await watchAt(Date.now() + minutes * 60_000);
    expectOnce("account_limited", /^Over: Account team is limited/, "recovered");
  });

  it("that is back within minutes is nobody's worry", async () => {
    const id = await account("brief");
    await env.KEEPER.getByName(id).reportFault(id, fault(429, { "retry-after": "60" }), (await keyIdOf(id)) ?? "");
    await watchAt(Date.now());
    expect(served.arrived).toEqual([]);
  });

  it("that its provider has closed is out of service", async () => {
    const id = await account("revoked");
    const body =
      '{"type":"error","error":{"type":"permission_error","message":"This organization has been disabled."}}';
    await env.KEEPER.getByName(id).reportFault(id, fault(403, {}, body), (await keyIdOf(id)) ?? "");
    for (const minutes of [0, 5]) await watchAt(Date.now() + minutes * 60_000);
    expectOnce("account_disabled", /^Account revoked is out of service\nWhy: the provider has closed the account\./);
    // Deleted, it is nobody's any more, and no recovery.
    await asAdmin("DELETE", `/admin/accounts/${id}`);
    await watchAt(Date.now() + 10 * 60_000);
    expect(served.arrived.filter(({ body: told }) => told.phase === "recovered")).toEqual([]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM alert_episodes").first("n")).toBe(0);
  });

  it("whose setup token is near its end is told once", async () => {
    const id = await account("setup");
    await env.DB.prepare("UPDATE credentials SET ends_at = ?")
      .bind(Date.now() + 5 * DAY)
      .run();
    for (const hours of [0, 1]) await watchAt(at(10, hours));
    expectOnce("sign_in_ends", /^The sign-in of account setup ends soon\nIt ends at \d{4}-/);
    expect(await asAdmin("GET", `/admin/accounts/${id}`)).toMatchObject({ status: 200 });
  });

  it("whose key does not open is told by the isolate that has tried", async () => {
    const id = await account("sealed");
    const { api_key } = (await asAdmin("POST", "/admin/api-keys", { name: "asks" })).body;
    await env.DB.prepare(
      "UPDATE credentials SET sealed = replace(sealed, substr(sealed, -6), 'AAAAAA') WHERE account_id = ?",
    )
      .bind(id)
      .run();
    for (let times = 0; times < 3; times++) {
      const request = new Request("https://relay.test/v1/messages", {
        method: "POST",
        headers: { "x-api-key": api_key, "content-type": "application/json" },
        body: JSON.stringify({ model: "claude-opus-4-8", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
      });
      expect((await exports.default.fetch(request)).status).toBe(404);
    }
    await eventually(() =>
      expectOnce("credential_unreadable", /^A key of account sealed cannot be opened\nIts place is 1\./),
    );
    expect(served.arrived.map(({ text }) => text).join()).not.toContain("sk-sealed");
  });
});

describe("a key", () => {
  const made = async (policy: object) => {
    const { body } = await asAdmin("POST", "/admin/api-keys", { name: "bob", ...policy });
    return { id: body.id, gate: env.GATE.getByName(body.id) };
  };
  /** Books one request of so much, in dollars, and flushes. */
  const spend = async ({ id, gate }: Awaited<ReturnType<typeof made>>, usd: number, leaseId: string) => {
    const admitted = await gate.admit(id, { ...INPUT, leaseId, estimate: { ...ESTIMATE, id: leaseId } });
    if (!admitted.ok) throw new Error(JSON.stringify(admitted.refusal));
    const spent = entry(Date.now(), { id: leaseId, costNanos: usd * 1e9 });
    await gate.settle(id, [{ leaseId, grant: admitted.value.grant, entry: spent, session: null }]);
    await gate.flush();
  };

  it("near its budget, and then at its end, is told by its gate's flush, once each", async () => {
    const bob = await made({ daily_cost_limit_usd: "10" });
    await spend(bob, 6, "r1");
    await spend(bob, 2.4, "r2");
    await eventually(() =>
      expectOnce("key_limit_near", /^Key bob has used 80 % of its daily budget\nIt begins anew at /),
    );
    await spend(bob, 0.2, "r3");
    await spend(bob, 2, "r4");
    await eventually(() =>
      expectOnce("key_limit_reached", /^Key bob has used up its daily budget\nIt is refused until /),
    );
    await watchAt(at(25));
    expectOnce("key_limit_near", /used 80 %/);
    expectOnce("key_limit_reached", /used up its daily budget/);
    expect(served.arrived.filter(({ text }) => text.includes("60 %") || text.includes("85 %"))).toEqual([]);
  });

  it("whose gate died between its flush and its word is told by the cron", async () => {
    const carol = await made({ total_cost_limit_usd: "1" });
    await env.DB.prepare("UPDATE api_keys SET name = 'carol' WHERE id = ?").bind(carol.id).run();
    await spend(carol, 0.95, "r5");
    await eventually(() => expectOnce("key_limit_near", /^Key carol has used 95 % of its total budget/));
    // As if nobody had ever been told.
    await env.DB.batch(
      ["alert_episodes", "alerts", "alert_outbox"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    );
    served.arrived.length = 0;
    for (const hours of [0, 1]) await watchAt(at(25, hours));
    expectOnce("key_limit_near", /^Key carol has used 95 % of its total budget\nIt does not begin anew/);
  });

  it("of which D1 refuses an entry while it takes the others is told once, whatever is booked behind it", async () => {
    const { body } = await asAdmin("POST", "/admin/api-keys", { name: "odd" });
    const { id } = body;
    const gate = env.GATE.getByName(id);
    const settle = async (leaseId: string, more: object = {}) => {
      const estimate = { ...ESTIMATE, id: `${id}-${leaseId}` };
      const admitted = await gate.admit(id, { ...INPUT, leaseId, estimate });
      if (!admitted.ok) throw new Error("refused");
      const booked = { ...entry(Date.now()), id: `${id}-${leaseId}`, ...more };
      await gate.settle(id, [{ leaseId, grant: admitted.value.grant, entry: booked, session: null }]);
    };
    for (const round of [1, 2]) {
      await settle(`good-${round}`);
      // What no version of the relay books: the table itself refuses it.
      await settle(`odd-${round}`, { durationMs: null });
      await settle(`good-too-${round}`);
      await runDurableObjectAlarm(gate);
    }
    await eventually(() => expectOnce("booking_refused", /^.*odd/));
    await watchAt(Date.now() + 5 * 60_000);
    expectOnce("booking_refused", /^.*odd/);
    const logged = env.DB.prepare("SELECT count(*) AS n FROM requests WHERE key_id = ?").bind(id);
    expect(await logged.first("n")).toBe(4);
  });

  it("whose flush fails again and again is told, and that it works again", async () => {
    const key = await keyWith();
    await failing(key.gate, "before", Number.POSITIVE_INFINITY);
    await key.use(1);
    for (let times = 0; times < 7; times++) await runDurableObjectAlarm(key.gate);
    await eventually(() =>
      expectOnce("flush_failing", /cannot be written to D1\n[5-7] tries have failed; the next is at /),
    );
    await failing(key.gate, "before", 0);
    await runDurableObjectAlarm(key.gate);
    await eventually(() => expectOnce("flush_failing", /^Over: What key \? has used cannot be written/, "recovered"));
  });
});

describe("the relay", () => {
  it("near its daily and at its monthly budget is told with the amounts", async () => {
    await settings({ daily_budget_usd: "10", monthly_budget_usd: "8" });
    const noon = Math.floor(Date.now() / DAY) * DAY + 12 * HOUR;
    await book("k", [entry(noon, { costNanos: 8.5e9 })]);
    for (const minutes of [60, 115, 120, 175]) await watchAt(noon + minutes * 60_000);
    expectOnce("budget_near", /^The relay has used 85 % of today's budget\n\$8\.5 of \$10\. Nothing is refused/);
    expectOnce("budget_reached", /^The relay has used up this month's budget\n\$8\.5 of \$8; the period ends at /);
  });

  it("with a model that has no price is told which, once, and again when it comes back later", async () => {
    await book("k", [
      entry(thisHour(), { model: "gpt-9-<b>", unpriced: true }),
      entry(thisHour(), { model: "gpt-9-<b>", unpriced: true }),
    ]);
    for (const hours of [0, 1, 2]) await watchAt(at(40, hours));
    expectOnce("model_unpriced", /^Model gpt-9-<b> has no known price\n2 requests of the last day/);
    await watchAt(at(40, 26));
    expect(await env.DB.prepare("SELECT count(*) AS n FROM alert_episodes").first("n")).toBe(0);
  });

  it("with a model that a client has named like a page is told its name, and no link", async () => {
    await book("k", [entry(thisHour(), { model: "https://evil.test/x", unpriced: true })]);
    await watchAt(at(40));
    const [told] = served.arrived;
    expect(told?.text).not.toMatch(/https?:\/\/|evil\.test/);
    expect(told?.text.replaceAll("\u2060", "")).toMatch(/^Model https:\/\/evil\.test\/x has no known price/);
  });

  it("whose cache share falls is told what has changed", async () => {
    const now = thisHour();
    const hit = { ...NO_USAGE, input: 10_000, cacheRead: 90_000 };
    const miss = { ...NO_USAGE, input: 100_000 };
    const { id } = (await asAdmin("POST", "/admin/api-keys", { name: "new-agent" })).body;
    const acc = await account("main");
    const many = (time: number, usage: typeof hit, model: string) =>
      Array.from({ length: 25 }, () => entry(time, { usage, model, accountId: acc }));
    await book(id, [
      ...many(now - 20 * HOUR, hit, "claude-opus-4-8"),
      ...many(now - 20 * HOUR, hit, "claude-sonnet-5"),
    ]);
    await book(id, [...many(now - 2 * HOUR, miss, "claude-opus-4-8"), ...many(now - 2 * HOUR, hit, "claude-sonnet-5")]);
    for (const hours of [0, 1]) await watchAt(at(55, hours));
    expectOnce(
      "cache_share_fell",
      /^Less comes from prompt caches: 90 % → 45 %\n.*\nModel claude-opus-4-8: 90 % → 0 %\.\nKey new-agent: 90 % → 45 %\.\nAccount main: 90 % → 45 %\./,
    );
  });

  it("near the end of a daily allowance is told when it will be there", async () => {
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

  it("whose objects are used up for the day is told by the request that meets it, however many do", async () => {
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

  it("whose D1 takes no writes is told from KV's copy of the channels, and D1 has it afterwards", async () => {
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

  it("whose job fails is told, and when it works again", async () => {
    const KV = { get: () => Promise.reject(new Error("KV is down")) } as unknown as KVNamespace;
    for (const hours of [0, 1]) await workAt(thisHour() + hours * HOUR, { KV, PRICE_FEED_URL: "https://prices.test/" });
    await eventually(() => expectOnce("job_failed", /^A job of the cron failed: price feed/));
    await workAt(thisHour() + 2 * HOUR, { PRICE_FEED_URL: "" });
    await watchAt(thisHour() + 2 * HOUR);
    expectOnce("job_failed", /^Over: A job of the cron failed: price feed/, "recovered");
  });

  it("that could not send for a while says so, and that it can again", async () => {
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

  it("that is older than the newest release is told once a version, and asks once a day", async () => {
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

  it("sends a digest of the day before, compared with the one before that, once", async () => {
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

  it("says nothing where all is well", async () => {
    await account("fine");
    await book("k", [entry(thisHour(), { costNanos: 1e9 })]);
    await watchHour(thisHour());
    expect([served.arrived, served.strays]).toEqual([[], []]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM alerts").first("n")).toBe(0);
  });
});
