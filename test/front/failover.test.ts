/** A pool heals itself before the client notices, and only before the first byte. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Behaviour } from "./fake-upstream.ts";
import { BOOKED, errorOf, event, streamOf, wholeMessage } from "./messages.ts";
import { type Member, poolOf, stopAll } from "./pool.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
let members: Member[] = [];
beforeAll(() => relay.start());
afterEach(() => stopAll(members));
afterAll(() => relay.stop());

const JSON_TYPE = { "content-type": "application/json" };
const GOOD: Behaviour = { chunks: streamOf(["from the second"]) };
const WHOLE: Behaviour = { headers: JSON_TYPE, chunks: [wholeMessage("ok")] };

const error = (status: number, type: string, headers: Record<string, string> = {}): Behaviour => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  chunks: [JSON.stringify(errorOf(type, "no"))],
});

/** A pool whose first member is always tried first. */
async function pool(count: number, fields: (index: number) => Record<string, unknown> = () => ({})): Promise<Member[]> {
  members = await poolOf(relay, count, (index) => ({ priority: 10 + index, ...fields(index) }));
  for (const { upstream } of members) upstream.behave(GOOD);
  return members;
}

function behave(index: number, behaviour: Behaviour): void {
  members[index]?.upstream.behave(behaviour);
}

const received = () => members.map(({ upstream }) => upstream.received.length);

describe("the first account of three fails before the first byte", () => {
  const faults: [string, Behaviour, number][] = [
    ["429", error(429, "rate_limit_error"), 429],
    ["429 with a reset", error(429, "rate_limit_error", { "retry-after": "30" }), 429],
    ["401", error(401, "authentication_error"), 401],
    ["500", error(500, "api_error"), 500],
    ["529", error(529, "overloaded_error"), 529],
    ["a refused connection", { chunks: [], ending: "refuse" }, 0],
    ["an empty stream", { chunks: [] }, 0],
    ["an error as first event", { chunks: [event(errorOf("overloaded_error", "no"))], ending: "hang" }, 529],
    ["a page instead of an answer", { status: 503, headers: { "content-type": "text/html" }, chunks: ["<html>"] }, 503],
    ["a page with status 200", { headers: { "content-type": "text/html" }, chunks: ["<!doctype html><p>Hi"] }, 200],
    ["a page that says it is JSON", { headers: JSON_TYPE, chunks: ["\n<!DOCTYPE html><p>Hi"] }, 200],
  ];

  test.each(faults)(
    "%s: one clean stream from the second, one settlement, both attempts on the row",
    async (_, fault, status) => {
      const [first, second] = await pool(3);
      behave(0, fault);
      const key = await relay.makeKey({ concurrency_limit: 1 });
      const response = await relay.messages(key.api_key, { stream: true });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(GOOD.chunks.join(""));
      expect(received()).toEqual([1, 1, 0]);
      const rows = await relay.rows(key.id, 1);
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({
        ...BOOKED,
        outcome: "completed",
        account_id: second?.id,
        attempts: [
          { account_id: first?.id, status, error: expect.any(String) },
          { account_id: second?.id, status: 200, error: null },
        ],
      });
      expect((await relay.report(key.id)).leases).toEqual([]);
    },
  );

  test("a timeout: the same", async () => {
    await pool(3, () => ({ first_byte_timeout_seconds: 1 }));
    behave(0, { ...GOOD, silentMs: 3_000 });
    const key = await relay.makeKey();
    const response = await relay.messages(key.api_key, { stream: true });
    expect(await response.text()).toBe(GOOD.chunks.join(""));
    expect((await relay.rows(key.id, 1))[0]?.attempts).toMatchObject([
      { status: 0, error: "timed_out" },
      { status: 200 },
    ]);
  });

  test("the body is sent again whole", async () => {
    await pool(2);
    behave(0, error(529, "overloaded_error"));
    const key = await relay.makeKey();
    const content = "你好 ".repeat(50_000);
    await (await relay.messages(key.api_key, { messages: [{ role: "user", content }] })).text();
    const [a, b] = members.map(({ upstream }) => upstream.received[0]?.body);
    expect(b?.length).toBeGreaterThan(300_000);
    expect(b?.equals(a ?? Buffer.alloc(0))).toBe(true);
  });
});

test("after the first byte there is no second account: an error event, no splice", async () => {
  await pool(3);
  behave(0, { chunks: streamOf(["one ", "two ", "three "]).slice(0, 5), pauseMs: 5, ending: "reset" });
  const key = await relay.makeKey();
  const response = await relay.messages(key.api_key, { stream: true });
  let text = "";
  await expect(
    (async () => {
      for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk);
    })(),
  ).rejects.toThrow();
  expect(text).toContain("event: error");
  expect(text).not.toContain("second");
  expect(received()).toEqual([1, 0, 0]);
});

test('"prompt is too long" on a pool of five: verbatim, and nobody is punished', async () => {
  await pool(5);
  const body = JSON.stringify(errorOf("invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum"));
  for (const { upstream } of members) upstream.behave({ status: 400, headers: JSON_TYPE, chunks: [body] });
  const key = await relay.makeKey();
  const response = await relay.messages(key.api_key);
  expect(response.status).toBe(400);
  expect(await response.text()).toBe(body);
  expect(received()).toEqual([1, 0, 0, 0, 0]);
  const ids = members.map(({ id }) => id);
  const known = await relay.sql<{ account_id: string }>("SELECT account_id FROM account_health");
  expect(known.filter(({ account_id }) => ids.includes(account_id))).toEqual([]);
});

describe("all accounts fail", () => {
  test("at most three are asked, the last one's own error is told, with the soonest return of the pool", async () => {
    await pool(5);
    const waits = [50, 20, 40, 30, 10];
    waits.forEach((seconds, index) => {
      behave(index, error(429, "rate_limit_error", { "retry-after": String(seconds) }));
    });
    const key = await relay.makeKey();
    const response = await relay.messages(key.api_key);
    expect(response.status).toBe(429);
    expect(await response.json()).toEqual(errorOf("rate_limit_error", "no"));
    expect(received()).toEqual([1, 1, 1, 0, 0]);
    // Two others have not been asked and may be free at once.
    expect(Number(response.headers.get("retry-after"))).toBeLessThanOrEqual(20);
    const again = await relay.messages(key.api_key);
    expect(Number(again.headers.get("retry-after"))).toBeLessThanOrEqual(10);
    expect(received()).toEqual([1, 1, 1, 1, 1]);
    const third = await relay.messages(key.api_key);
    expect(third.status).toBe(429);
    expect(received()).toEqual([1, 1, 1, 1, 1]);
  });

  test("their credentials are never shown as the client's own", async () => {
    await pool(2);
    behave(0, error(401, "authentication_error"));
    behave(1, error(403, "permission_error"));
    const key = await relay.makeKey();
    const response = await relay.messages(key.api_key);
    expect(response.status).toBe(424);
    expect(await response.text()).toContain("operator");
  });

  test("a pool of one whose provider had a bad minute is asked again", async () => {
    await pool(1);
    behave(0, error(500, "api_error"));
    const key = await relay.makeKey();
    for (let attempt = 0; attempt < 5; attempt++)
      expect((await relay.messages(key.api_key)).status).toBeGreaterThanOrEqual(500);
    behave(0, WHOLE);
    expect((await relay.messages(key.api_key)).status).toBe(200);
  });
});

test("a pool of one is not refused while another request probes it", async () => {
  await pool(1);
  behave(0, error(500, "api_error"));
  const key = await relay.makeKey();
  for (let attempt = 0; attempt < 3; attempt++) await relay.messages(key.api_key);
  // The breaker has opened; its time is made to be over.
  const [row] = await relay.sql("SELECT health FROM account_health WHERE account_id = ?", members[0]?.id);
  expect(row?.health).toContain('"probing":true');
  behave(0, { ...WHOLE, silentMs: 100 });
  const responses = await Promise.all(Array.from({ length: 10 }, () => relay.messages(key.api_key)));
  expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
});

describe("an account that was limited", () => {
  test("is left alone until its reset, then used again", async () => {
    await pool(2);
    behave(0, error(429, "rate_limit_error", { "retry-after": "6" }));
    const key = await relay.makeKey();
    // A session each: one that has moved stays where it went.
    const send = async (session: string) => {
      const headers = { "x-claude-code-session-id": session };
      return (await relay.messages(key.api_key, { stream: true }, { headers })).text();
    };
    await send("a");
    behave(0, GOOD);
    for (const session of ["b", "c", "d"]) await send(session);
    expect(received()).toEqual([0, 4]);
    await new Promise((resolve) => setTimeout(resolve, 6_100));
    await send("e");
    expect(received()).toEqual([1, 4]);
  });

  test("is known to be so after a restart of its Keeper, from D1", async () => {
    await pool(2);
    behave(0, error(429, "rate_limit_error", { "retry-after": "600" }));
    const key = await relay.makeKey();
    await (await relay.messages(key.api_key, { stream: true })).text();
    const [row] = await relay.sql("SELECT health FROM account_health WHERE account_id = ?", members[0]?.id);
    expect(row?.health).toContain('"known":true');
  });
});

test("sessions stay with their account, move when they must, and do not go back", async () => {
  members = await poolOf(relay, 4);
  for (const { upstream } of members) upstream.behave(WHOLE);
  const key = await relay.makeKey();
  const send = async (session: string) => {
    const headers = { "x-claude-code-session-id": session };
    const response = await relay.messages(key.api_key, {}, { headers });
    expect(response.status).toBe(200);
    const rows = await relay.rows(key.id, 1);
    return rows[0]?.account_id;
  };
  const first = await send("session-a");
  expect(await send("session-b")).not.toBe(first);
  for (let turn = 0; turn < 4; turn++) expect(await send("session-a")).toBe(first);
  const left = members.findIndex(({ id }) => id === first);
  behave(left, error(429, "rate_limit_error", { "retry-after": "1" }));
  const second = await send("session-a");
  expect(second).not.toBe(first);
  behave(left, WHOLE);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(await send("session-a")).toBe(second);
});

test("a burst spreads over equals", async () => {
  members = await poolOf(relay, 4);
  for (const { upstream } of members) upstream.behave({ ...WHOLE, silentMs: 30 });
  const key = await relay.makeKey();
  await Promise.all(
    Array.from({ length: 80 }, (_, index) =>
      relay.messages(key.api_key, { metadata: { user_id: `user_x_session_${index}` } }),
    ),
  );
  for (const count of received()) expect(Math.abs(count - 20)).toBeLessThanOrEqual(3);
});

test("max_concurrency of 2 holds for an account that ten keys share, under 200 parallel requests", async () => {
  members = await poolOf(relay, 1, () => ({ max_concurrency: 2 }));
  members[0]?.upstream.behave({ ...WHOLE, silentMs: 20 });
  const keys = await Promise.all(Array.from({ length: 10 }, () => relay.makeKey()));
  const responses = await Promise.all(
    Array.from({ length: 200 }, (_, index) => relay.messages(keys[index % 10]?.api_key ?? "")),
  );
  expect(members[0]?.upstream.mostOpen).toBeLessThanOrEqual(2);
  expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
  for (const response of responses) expect([200, 429]).toContain(response.status);
  await Promise.all(responses.map((response) => response.text()));
  expect((await relay.messages(keys[0]?.api_key ?? "")).status).toBe(200);
});

test("400 requests while each account in turn fails and recovers: no client sees an error", {
  timeout: 600_000,
}, async () => {
  members = await poolOf(relay, 4);
  for (const { upstream } of members) upstream.behave(WHOLE);
  const key = await relay.makeKey();
  const faults = [
    error(529, "overloaded_error"),
    error(429, "rate_limit_error", { "retry-after": "1" }),
    error(500, "api_error"),
    { chunks: [], ending: "refuse" as const },
  ];
  const statuses: Record<number, number> = {};
  let sent = 0;
  const worker = async () => {
    while (sent < 400) {
      const number = sent++;
      // Every 50 requests the next account falls ill, and the one before is well again.
      if (number % 50 === 0) {
        const ill = (number / 50) % 4;
        members.forEach((_, index) => {
          behave(index, index === ill ? (faults[(number / 50) % faults.length] ?? WHOLE) : WHOLE);
        });
      }
      const response = await relay.messages(key.api_key, { metadata: { user_id: `user_x_session_${number}` } });
      statuses[response.status] = (statuses[response.status] ?? 0) + 1;
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(statuses).toEqual({ 200: 400 });
});

test("an account's own beta features are added to the client's, its other headers take their place", async () => {
  await pool(1, () => ({
    extra_headers: { "anthropic-beta": "context-1m-2025-08-07,files-api-2025-04-14", "x-app": "own" },
  }));
  const key = await relay.makeKey();
  const headers = { "anthropic-beta": "claude-code-20250219, files-api-2025-04-14", "x-app": "cli" };
  await (await relay.messages(key.api_key, { stream: true }, { headers })).text();
  expect(members[0]?.upstream.received[0]?.headers).toMatchObject({
    "anthropic-beta": "claude-code-20250219,files-api-2025-04-14,context-1m-2025-08-07",
    "x-app": "own",
  });
});
