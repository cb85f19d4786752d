/** From what is the case to what arrives: once, also where senders die, channels are down, slow down or are to be quiet. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Condition } from "../../src/alerts/alert.ts";
import { behindRequest, deliver as deliverWaiting } from "../../src/alerts/deliver.ts";
import { end, raise, remind } from "../../src/alerts/outbox.ts";
import { asAdmin, signIn } from "../admin/client.ts";
import { SERVICES, type Served, serve, setClock } from "./services.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.now();

const job = (name: string): Condition => ({ type: "job_failed", subject: name, params: { job: name }, endsAt: null });
const budget = (of: string): Condition => ({
  ...{ type: "budget_reached", subject: of, endsAt: null },
  params: { of: "day", percent: 100, spent_usd: "5", budget_usd: "5", to: new Date(NOW).toISOString() },
});

const channel = async (fields: object = {}) => {
  const { config } = SERVICES.webhook;
  const made = await asAdmin("POST", "/admin/alerts/channels", { name: "ops", type: "webhook", config, ...fields });
  expect(made.status).toBe(201);
  return made.body.id;
};
const settings = (changed: object) => asAdmin("PATCH", "/admin/alerts/settings", changed);
const recent = async () => (await asAdmin("GET", "/admin/alerts")).body.items;
/** Sends what waits, by everybody's clock. */
const deliver = (bindings: Env, now: number) => {
  setClock(now);
  return deliverWaiting(bindings, now);
};
const states = async () =>
  (await recent()).map(({ deliveries }) => (deliveries as { state: string }[]).map(({ state }) => state).join(","));
const waiting = () => env.DB.prepare("SELECT count(*) AS n FROM alert_outbox").first<number>("n");

let served: Served;

beforeAll(signIn);
beforeEach(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  served = serve();
  const tables = ["alert_channels", "alert_episodes", "alerts", "alert_outbox", "settings WHERE name = 'alerts'"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("a condition", () => {
  it("is told once, however many see it at once, and again after its end", async () => {
    await channel();
    const raised = await Promise.all(Array.from({ length: 8 }, () => raise(env, job("retention"), NOW)));
    expect(raised.filter(Boolean)).toHaveLength(1);
    expect(await raise(env, job("retention"), NOW + HOUR)).toBeNull();
    await Promise.all([deliver(env, NOW), deliver(env, NOW), deliver(env, NOW)]);
    expect(served.arrived.map(({ body }) => [body.type, body.phase, body.title])).toEqual([
      ["job_failed", "raised", "A job of the cron failed: retention"],
    ]);
    await end(env, "job_failed", "retention", NOW + HOUR);
    await deliver(env, NOW + HOUR);
    expect(await raise(env, job("retention"), NOW + 2 * HOUR)).not.toBeNull();
    await deliver(env, NOW + 2 * HOUR);
    expect(served.arrived.map(({ body }) => body.phase)).toEqual(["raised", "recovered", "raised"]);
    expect(await waiting()).toBe(0);
    expect(await states()).toEqual(["sent", "sent", "sent"]);
  });

  it("is told to the channels that want its type, and its end to those that want that", async () => {
    await channel({ alerts: ["digest"] });
    await channel({ enabled: false });
    const quiet = await channel({ alerts: ["job_failed"], recoveries: false });
    const id = await raise(env, job("a"), NOW);
    const rows = await env.DB.prepare("SELECT channel_id FROM alert_outbox WHERE alert_id = ?").bind(id).all();
    expect(rows.results).toEqual([{ channel_id: quiet }]);
    await end(env, "job_failed", "a", NOW);
    expect(await waiting()).toBe(1);
  });

  it("is listed without a channel, too, in the language that is asked for", async () => {
    await raise(env, job("a"), NOW);
    expect(await recent()).toMatchObject([
      { type: "job_failed", title: "A job of the cron failed: a", deliveries: [] },
    ]);
    const chinese = await asAdmin("GET", "/admin/alerts?language=zh-CN");
    expect(chinese.body.items).toMatchObject([{ title: "定时任务失败：a" }]);
  });

  it("that lasts is told again after a day, and not where reminders are off", async () => {
    await channel();
    const failing: Condition = {
      ...{ type: "flush_failing", subject: "k", params: { failures: 9, next_try: new Date(NOW).toISOString() } },
      ...{ named: { table: "api_keys", id: "k" }, endsAt: null },
    };
    await raise(env, failing, NOW);
    await deliver(env, NOW);
    await remind(env, 24, NOW + 23 * HOUR);
    await remind(env, null, NOW + 99 * HOUR);
    expect(await waiting()).toBe(0);
    await Promise.all([remind(env, 24, NOW + 24 * HOUR), remind(env, 24, NOW + 24 * HOUR)]);
    await deliver(env, NOW + 24 * HOUR);
    expect(served.arrived.map(({ body }) => [body.phase, body.title])).toEqual([
      ["raised", "What key ? has used cannot be written to D1"],
      ["again", "Still: What key ? has used cannot be written to D1"],
    ]);
  });

  it("is listed and not sent where too much waits already", async () => {
    const id = await channel({ enabled: false });
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299)
       INSERT INTO alert_outbox SELECT 'alr_' || i, ?1, 0, 0, 0, ?2 FROM n`,
    )
      .bind(id, NOW + HOUR)
      .run();
    await channel();
    await raise(env, job("a"), NOW);
    expect(await states()).toEqual(["dropped"]);
    expect(await waiting()).toBe(300);
    // What a holder of a key can bring about as often as they like is no reason to keep silent about this.
    await raise(env, budget("day"), NOW + 1);
    expect(await waiting()).toBe(301);
  });
});

describe("a sender that dies", () => {
  /** As an isolate leaves a row that dies behind its claim: whether its request arrived, nobody knows. */
  const claimed = (at: number) =>
    env.DB.prepare("UPDATE alert_outbox SET attempts = attempts + 1, sending = 1, next_at = ?")
      .bind(at + 2 * MINUTE)
      .run();

  it("between the decision and the sending has its alert sent by the next", async () => {
    await channel();
    await raise(env, job("a"), NOW);
    expect(await deliver(env, NOW + 5 * MINUTE)).toBe(1);
    expect(served.arrived).toMatchObject([{ body: { attempt: 1 } }]);
    expect(served.arrived[0]?.text).not.toContain("repetition");
  });

  it("behind its claim has it sent once more, under the same id, with a word that it may be a repetition", async () => {
    await channel();
    const id = await raise(env, job("a"), NOW);
    await claimed(NOW);
    expect(await deliver(env, NOW + MINUTE)).toBe(0);
    expect(await deliver(env, NOW + 3 * MINUTE)).toBe(1);
    const [arrived] = served.arrived;
    expect([arrived?.headers.get("webhook-id"), arrived?.body.attempt]).toEqual([id, 2]);
    expect(arrived?.text).toContain("This may be a repetition");
    expect(await deliver(env, NOW + HOUR)).toBe(0);
    expect(served.arrived).toHaveLength(1);
  });

  it("twice is enough: then it is given up, and the list says that nobody knows", async () => {
    await channel();
    await raise(env, job("a"), NOW);
    await claimed(NOW);
    // The second claims it as `deliver` does, and dies too.
    await env.DB.prepare("UPDATE alert_outbox SET attempts = 2, unclear = 1").run();
    expect(await deliver(env, NOW + 5 * MINUTE)).toBe(0);
    expect([served.arrived, await states(), await waiting()]).toEqual([[], ["unclear"], 0]);
  });
});

describe("a channel", () => {
  it("that is down is asked again, further and further apart, and given up in the end", async () => {
    await channel();
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("refused")));
    await raise(env, job("a"), NOW);
    const tries: number[] = [];
    for (let at = NOW; at < NOW + 20 * HOUR; at += 5 * MINUTE) {
      const attempts = () => env.DB.prepare("SELECT attempts AS n FROM alert_outbox").first<number>("n");
      const before = (await attempts()) ?? 8;
      await deliver(env, at);
      if (((await attempts()) ?? 8) > before) tries.push((at - NOW) / MINUTE);
    }
    expect(tries.slice(0, 6)).toEqual([0, 5, 10, 15, 25, 45]);
    expect([await states(), await waiting()]).toEqual([["failed"], 0]);
    const [shown] = (await asAdmin("GET", "/admin/alerts/channels")).body.items;
    expect(shown).toMatchObject({ last_error: { reason: "no connection, or it broke off" }, last_sent_at: null });
  });

  it("that is back gets what waited, once", async () => {
    await channel();
    served.answer = () => new Response("no", { status: 503 });
    await raise(env, job("a"), NOW);
    await deliver(env, NOW);
    served.answer = null;
    expect(await deliver(env, NOW + 30_000)).toBe(0);
    expect(await deliver(env, NOW + 5 * MINUTE)).toBe(1);
    expect(await deliver(env, NOW + HOUR)).toBe(0);
    expect(served.arrived).toHaveLength(1);
    // It was refused, so it did not arrive: this is no repetition.
    expect(served.arrived[0]?.text).not.toContain("repetition");
  });

  it("that refuses for good is asked once", async () => {
    await channel();
    served.answer = (service) => service.refused("gone");
    await raise(env, job("a"), NOW);
    await deliver(env, NOW);
    expect([await states(), await waiting()]).toEqual([["failed"], 0]);
    expect((await recent())[0]).toMatchObject({ deliveries: [{ channel: "ops", reason: "400: gone", attempts: 1 }] });
  });

  it("gets one message behind a request, and the rest from the cron, because a request's work ends after 30 seconds", async () => {
    await channel();
    await channel();
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) ids.push((await raise(env, job(name), NOW)) ?? "");
    setClock(NOW);
    expect(await deliverWaiting(env, NOW, behindRequest(Date.now(), ids.slice(1)))).toBe(2);
    expect(served.arrived.map(({ body }) => body.subject)).not.toContain("a");
    // None of the others was claimed, or counted as tried.
    const { results } = await env.DB.prepare("SELECT attempts, sending FROM alert_outbox").all();
    expect(results).toEqual(Array.from({ length: 4 }, () => ({ attempts: 0, sending: 0 })));
    expect(await env.DB.prepare("SELECT sum(window_sent) AS n FROM alert_channels").first("n")).toBe(2);
    expect(await deliver(env, NOW + 5 * MINUTE)).toBe(4);
    expect(served.arrived.map(({ text }) => text).join()).not.toContain("repetition");
  });

  it("gets nothing any more behind a request that D1 has held up", async () => {
    await channel();
    const id = (await raise(env, job("a"), NOW)) ?? "";
    setClock(NOW);
    expect(await deliverWaiting(env, NOW, behindRequest(Date.now() - 10_000, [id]))).toBe(0);
    expect(await env.DB.prepare("SELECT attempts, sending FROM alert_outbox").first()).toEqual({
      attempts: 0,
      sending: 0,
    });
    expect(await deliver(env, NOW)).toBe(1);
  });

  it("that answers 429 is left alone for as long as it says, by every alert", async () => {
    await channel();
    served.answer = (service) => service.tooMany();
    await raise(env, job("a"), NOW);
    await deliver(env, NOW);
    served.answer = null;
    await raise(env, job("b"), NOW + 1);
    expect(await deliver(env, NOW + 119_000)).toBe(0);
    expect(await deliver(env, NOW + 121_000)).toBe(2);
  });

  it("gets no more in an hour than it takes, urgent ones first, and the rest later", async () => {
    await channel({ max_per_hour: 2 });
    for (const name of ["a", "b", "c"]) await raise(env, job(name), NOW);
    await raise(env, budget("day"), NOW);
    expect(await deliver(env, NOW)).toBe(2);
    expect(served.arrived.map(({ body }) => body.type)).toEqual(["budget_reached", "job_failed"]);
    expect(await deliver(env, NOW + 59 * MINUTE)).toBe(0);
    expect(await deliver(env, NOW + 61 * MINUTE)).toBe(2);
    expect(new Set(served.arrived.map(({ body }) => body.subject))).toEqual(new Set(["day", "a", "b", "c"]));
  });

  it("that got all it takes in an hour gets what is urgent all the same", async () => {
    await channel({ max_per_hour: 5 });
    for (let at = 0; at < 6; at++) await raise(env, job(String(at)), NOW);
    await deliver(env, NOW);
    await raise(env, budget("day"), NOW + MINUTE);
    expect(await deliver(env, NOW + MINUTE)).toBe(1);
    expect(served.arrived.map(({ body }) => body.type).at(-1)).toBe("budget_reached");
  });

  it("that was never its turn for a day is spared what is no news any more", async () => {
    const id = await channel();
    await raise(env, job("a"), NOW);
    await asAdmin("PATCH", `/admin/alerts/channels/${id}`, { enabled: false });
    await deliver(env, NOW + 23 * HOUR);
    expect(await waiting()).toBe(1);
    await deliver(env, NOW + 25 * HOUR);
    expect([await states(), await waiting(), served.arrived]).toEqual([["expired"], 0, []]);
  });

  it("whose seal does not open is named, and nothing is sent", async () => {
    const [id, other] = [await channel(), await channel()];
    await env.DB.prepare(
      "UPDATE alert_channels SET sealed = (SELECT sealed FROM alert_channels WHERE id = ?2) WHERE id = ?1",
    )
      .bind(id, other)
      .run();
    await raise(env, job("a"), NOW);
    await deliver(env, NOW);
    expect(served.arrived).toHaveLength(1);
    expect((await asAdmin("GET", `/admin/alerts/channels/${id}`)).body.last_error).toMatchObject({
      reason: "its configuration does not open: enter it again",
    });
  });

  it("that is deleted takes along what waits for it", async () => {
    const id = await channel();
    await raise(env, job("a"), NOW);
    expect((await asAdmin("DELETE", `/admin/alerts/channels/${id}`)).status).toBe(200);
    expect(await waiting()).toBe(0);
  });
});

describe("in quiet hours", () => {
  const at = (clock: string) => Date.parse(`2026-11-27T${clock}:00Z`);
  const eastern = { ...env, TIMEZONE_OFFSET: "8" };

  it("of the relay's own time zone what is urgent passes, and the rest waits for their end", async () => {
    await channel();
    await settings({ quiet_hours: { from: "22:00", to: "08:00" } });
    await raise(env, job("a"), at("15:00"));
    await raise(env, budget("day"), at("15:00"));
    // 23:00 there.
    expect(await deliver(eastern, at("15:00"))).toBe(1);
    expect(served.arrived.map(({ body }) => body.type)).toEqual(["budget_reached"]);
    expect(await deliver(eastern, at("23:59"))).toBe(0);
    expect(await deliver(eastern, at("15:00") + 9 * HOUR)).toBe(1);
  });

  it("nothing passes where urgent alerts wait, too", async () => {
    await channel();
    await settings({ quiet_hours: { from: "12:00", to: "14:00" }, urgent_passes: false });
    await raise(env, budget("day"), at("13:00"));
    expect([await deliver(env, at("13:00")), await deliver(env, at("14:00"))]).toEqual([0, 1]);
  });
});

describe("the settings", () => {
  it("are kept, told to the audit trail, and refused by the field's name", async () => {
    const changed = await settings({ language: "zh-CN", daily_budget_usd: "12.5", quiet_hours: null, key_percent: 90 });
    expect(changed).toMatchObject({
      status: 200,
      body: { language: "zh-CN", daily_budget_usd: "12.5", key_percent: 90 },
    });
    expect((await asAdmin("GET", "/admin/alerts/settings")).body).toEqual(changed.body);
    const row = await env.DB.prepare("SELECT changes FROM audit WHERE target = 'alerts' ORDER BY id DESC").first(
      "changes",
    );
    expect(String(row)).toContain("12.5");
    for (const [field, value] of [
      ["language", "de"],
      ["quiet_hours", { from: "25:00", to: "08:00" }],
      ["key_percent", 40],
      ["daily_budget_usd", "-1"],
      ["digest_hour", 24],
      ["release_feed_url", "http://169.254.169.254/"],
      ["sms", true],
    ] as const) {
      const refused = await settings({ [field]: value });
      expect([refused.status, refused.body.error.details?.[0]?.field.split(".")[0]]).toEqual([400, field]);
    }
  });

  it("choose the language of what is sent", async () => {
    await channel();
    await settings({ language: "zh-CN" });
    await raise(env, budget("day"), NOW);
    await deliver({ ...env, TIMEZONE_OFFSET: "8" }, NOW);
    expect(served.arrived[0]?.text).toMatch(
      /^中继今日预算已用完\n\$5 \/ \$5；周期于 \d{4}-\d\d-\d\d \d\d:\d\d UTC\+8 结束/,
    );
  });
});
