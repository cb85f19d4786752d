/** Guessing the password from everywhere at once: what it costs, what it leaves, and whom it does not lock out. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FAILURES_PER_HOUR } from "../../src/admin/sessions/attempts.ts";
import { recordId } from "../../src/ground/record-id.ts";
import { retain } from "../../src/jobs/retention.ts";
import { type Answer, call, PASSWORD } from "./client.ts";

const GOOD = { username: "admin", password: PASSWORD };
const HOUR = 3_600_000;

let addresses = 0;

/** A sign-in from an address that nobody has used before, so that only the count over all of them holds. */
function tryFrom(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const address = `2001:db8:${(addresses++).toString(16)}::1`;
  return call("POST", "/admin/login", { body, headers: { "cf-connecting-ip": address, ...headers } });
}

const wrong = (headers?: Record<string, string>) => tryFrom({ username: "admin", password: "guessed" }, headers);

async function failures(): Promise<Record<string, unknown>[]> {
  const since = "SELECT * FROM audit WHERE action = 'session.refused' AND time >= ? ORDER BY id";
  return (await env.DB.prepare(since).bind(clock).all()).results;
}

/** The allowance used up, and more. */
async function usedUp(): Promise<Answer[]> {
  return Promise.all(Array.from({ length: FAILURES_PER_HOUR + 20 }, () => wrong()));
}

let clock = Date.now();

/** Each test in an hour of its own, since the one before counts. */
beforeEach(() => {
  clock += 2 * HOUR;
  vi.useFakeTimers({ now: clock, toFake: ["Date"] });
});
afterEach(() => vi.useRealTimers());

it("refuses all strangers after a number of failures from anywhere, also when they come at once", async () => {
  const answers = await usedUp();
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(FAILURES_PER_HOUR);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
  const refused = await tryFrom(GOOD);
  expect([refused.status, refused.body.error.type, refused.headers.get("retry-after")]).toEqual([
    429,
    "rate_limit_error",
    "600",
  ]);
  expect(refused.headers.get("set-cookie")).toBeNull();
});

it("leaves a bounded trail of failures: from where, and never what was typed", async () => {
  await usedUp();
  await usedUp();
  const rows = await failures();
  expect(rows.length).toBeLessThanOrEqual(FAILURES_PER_HOUR);
  for (const row of rows) expect(row).toMatchObject({ actor: "", target: "everybody", session: "" });
  for (const { address } of rows) expect(address).toMatch(/^2001:db8:/);
  await tryFrom({ username: "my-password-typed-as-a-name", password: "guessed" });
  expect(JSON.stringify(await failures())).not.toMatch(/guessed|typed-as/);
});

it("lets the browser in that has signed in before, while strangers are refused", async () => {
  const cookies = (await tryFrom(GOOD)).headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0] ?? "");
  const device = cookies.find((cookie) => cookie.startsWith("__Host-edge_relay_device=")) ?? "none";
  await usedUp();
  expect((await tryFrom(GOOD)).status).toBe(429);
  expect((await tryFrom(GOOD, { cookie: device })).status).toBe(200);
  // It opens nothing by itself, and a forged one is none.
  const token = device.slice(device.indexOf("=") + 1);
  expect((await call("GET", "/admin/session", { token })).status).toBe(401);
  expect((await tryFrom(GOOD, { cookie: `${device}x` })).status).toBe(429);
  // Whoever stole it guesses no more often than a stranger may.
  const guesses = await Promise.all(Array.from({ length: FAILURES_PER_HOUR + 5 }, () => wrong({ cookie: device })));
  expect(guesses.filter(({ status }) => status === 401)).toHaveLength(FAILURES_PER_HOUR);
  expect((await tryFrom(GOOD, { cookie: device })).status).toBe(429);
});

it("counts no sign-in that succeeds", async () => {
  for (let round = 0; round < FAILURES_PER_HOUR + 5; round++) expect((await tryFrom(GOOD)).status).toBe(200);
  expect(await failures()).toEqual([]);
});

it("lets strangers try again when the failures are an hour old, however many asked in between", async () => {
  await usedUp();
  vi.setSystemTime(clock + HOUR - 1_000);
  expect((await tryFrom(GOOD)).status).toBe(429);
  vi.setSystemTime(clock + HOUR + 60_000);
  expect((await tryFrom(GOOD)).status).toBe(200);
});

it("keeps the rows of failures for thirty days, and all others for ever", async () => {
  const now = Date.UTC(2026, 10, 26, 4, 17);
  const row = (days: number, action: string) =>
    env.DB.prepare("INSERT INTO audit (id, time, actor, action, target) VALUES (?, 0, '', ?, 'everybody')").bind(
      recordId("aud", now - days * 24 * HOUR),
      action,
    );
  await env.DB.batch([
    env.DB.prepare("DELETE FROM audit"),
    ...[row(31, "session.refused"), row(29, "session.refused"), row(400, "account.create")],
  ]);
  await retain(env, now);
  const { results } = await env.DB.prepare("SELECT action FROM audit ORDER BY id").all();
  expect(results).toEqual([{ action: "account.create" }, { action: "session.refused" }]);
});
