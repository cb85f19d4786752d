/**
 * A client that hangs up, at every stage of its request: the upstream is closed, the leases of the key and of the account
 * are free, and whatever was admitted is booked once.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { KeyGate } from "../../src/gate/gate.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { eventually } from "../eventually.ts";
import { streamOf, wholeMessage } from "../front/messages.ts";
import {
  type Asked,
  ask,
  asked,
  behave,
  leasesFreed,
  makeAccount,
  makeKey,
  report,
  rows,
  until,
} from "./relay-in-process.ts";

const D1: D1Database = Object.getPrototypeOf(env.DB);
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);

let account: { id: string };
let key: { id: string; key: string };

beforeAll(async () => {
  // An account with a limit of its own, so that its Keeper's lease is at stake too.
  account = await makeAccount({ max_concurrency: 5 });
});
beforeEach(async () => {
  key = await makeKey({ concurrency_limit: 1 });
});
afterEach(() => vi.restoreAllMocks());

/** Sends a request, reads what is answered, and hangs up once `stage` resolves. */
async function hangUp(stage: () => Promise<unknown>, body: Record<string, unknown> = {}): Promise<void> {
  const leaving = new AbortController();
  const answered = ask(key.key, { body, signal: leaving.signal }).then((response) => response.text());
  const left = Promise.race([answered.catch(() => "left"), scheduler.wait(5_000).then(() => "left")]);
  await stage();
  leaving.abort();
  expect(await left).toBe("left");
}

/** Proves that nothing is left of the request but `count` bookings of a client that left. */
async function nothingLeft(count: number): Promise<Record<string, unknown>[]> {
  await leasesFreed(key.id);
  await until(() => asked.every(({ over }) => over !== null));
  await eventually(async () => {
    expect(await env.KEEPER.getByName(account.id).report(0)).toMatchObject({ inFlight: 0 });
  });
  await eventually(async () => expect(await rows(key.id)).toHaveLength(count));
  expect(await report(key.id)).toMatchObject({ totals: { requests: count } });
  const booked = await rows(key.id);
  for (const row of booked) expect(row).toMatchObject({ status: 499, outcome: "client_left" });
  return booked;
}

const closedUpstream = (one: Asked | undefined) => expect(one?.over).toBe("closed");

describe("a client that hangs up", () => {
  test("during admission: the lease is given back and nothing is sent", async () => {
    behave({ chunks: streamOf(WORDS) });
    const admitting = vi.fn();
    const real = KeyGate.prototype.admit;
    vi.spyOn(KeyGate.prototype, "admit").mockImplementation(async function (this: KeyGate, ...args) {
      const granted = await real.apply(this, args);
      admitting(granted.ok);
      await scheduler.wait(300);
      return granted;
    });
    await hangUp(() => until(() => admitting.mock.calls.length > 0));
    await nothingLeft(0);
    expect(admitting).toHaveBeenCalledWith(true);
    expect(asked).toHaveLength(0);
  });

  test("in the wait queue: its place there is free at once, and it is granted nothing later", async () => {
    behave({ chunks: streamOf(WORDS), pauseMs: 20 });
    key = await makeKey({ concurrency_limit: 1, queue_size: 1, queue_timeout_seconds: 20 });
    const first = ask(key.key).then((response) => response.text());
    await until(() => asked.length === 1);
    await hangUp(() => scheduler.wait(200));
    const third = ask(key.key).then((response) => response.text());
    expect(await first).toContain("message_stop");
    expect(await third).toContain("message_stop");
    await leasesFreed(key.id);
    expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 2 } });
    expect(asked).toHaveLength(2);
  });

  test("during admission, while its gate restarts: the lease is given back all the same", async () => {
    behave({ chunks: streamOf(WORDS) });
    const { admit, cancel } = KeyGate.prototype;
    const granted = vi.fn();
    vi.spyOn(KeyGate.prototype, "admit").mockImplementation(async function (this: KeyGate, ...args) {
      const admission = await admit.apply(this, args);
      granted();
      await scheduler.wait(300);
      return admission;
    });
    const cancels = vi.spyOn(KeyGate.prototype, "cancel").mockImplementation(async function (this: KeyGate, ...args) {
      if (cancels.mock.calls.length === 1) throw new Error("the object restarts");
      await cancel.apply(this, args);
    });
    await hangUp(() => until(() => granted.mock.calls.length > 0));
    await nothingLeft(0);
  });

  test("and whose object dies when it has heard of that: it is not asked for the lease again", async () => {
    behave({ chunks: streamOf(WORDS) });
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { admit, cancel } = KeyGate.prototype;
    const leftOne = vi.fn();
    const admits = vi.spyOn(KeyGate.prototype, "admit").mockImplementation(async function (this: KeyGate, ...args) {
      if (admits.mock.calls.length > 1) return admit.apply(this, args);
      await until(() => leftOne.mock.calls.length > 0);
      throw new Error("the object has died");
    });
    vi.spyOn(KeyGate.prototype, "cancel").mockImplementation(async function (this: KeyGate, ...args) {
      // The first one dies with the object.
      leftOne();
      if (leftOne.mock.calls.length > 1) await cancel.apply(this, args);
    });
    await hangUp(() => until(() => admits.mock.calls.length > 0));
    await scheduler.wait(300);
    await nothingLeft(0);
    expect(asked).toHaveLength(0);
  });

  test("while the pool is read: nothing is sent, so nothing is booked", async () => {
    behave({ chunks: streamOf(WORDS) });
    forgetSnapshot();
    const reading = vi.fn();
    const { prepare } = D1;
    vi.spyOn(D1, "prepare").mockImplementation(function (this: D1Database, sql) {
      const statement = prepare.call(this, sql);
      if (!sql.includes("settings")) return statement;
      reading();
      return new Proxy(statement, { get: (target, name) => slowly(target, name, 300) });
    });
    await hangUp(() => until(() => reading.mock.calls.length > 0));
    await nothingLeft(0);
    expect(asked).toHaveLength(0);
  });

  test("before the upstream's headers: the upstream is closed", async () => {
    behave({ silentMs: 20_000, chunks: streamOf(WORDS) });
    await hangUp(() => until(() => asked.length === 1));
    await nothingLeft(1);
    closedUpstream(asked[0]);
  });

  test("between the headers and the first byte: the upstream is closed", async () => {
    behave({ pauseMs: 20_000, chunks: streamOf(WORDS) });
    await hangUp(async () => {
      await until(() => asked.length === 1);
      await scheduler.wait(100);
    });
    await nothingLeft(1);
    closedUpstream(asked[0]);
  });

  test("in the middle of a stream: what was received is booked", async () => {
    behave({ pauseMs: 20, chunks: streamOf(WORDS) });
    await hangUp(() => until(() => (asked[0]?.written ?? 0) > 10));
    const [row] = await nothingLeft(1);
    closedUpstream(asked[0]);
    expect(row).toMatchObject({ estimated: 1, input_tokens: 12 });
    expect(row?.output_tokens).toBeGreaterThan(0);
  });

  test("while a whole answer is awaited: the upstream is closed", async () => {
    behave({ pauseMs: 20_000, chunks: [wholeMessage("Hello")], headers: { "content-type": "application/json" } });
    await hangUp(() => until(() => asked.length === 1), { stream: false });
    await nothingLeft(1);
    closedUpstream(asked[0]);
  });

  test("between two tries: the next account is not asked", async () => {
    const second = await makeAccount();
    const leaving = new AbortController();
    behave(() => {
      leaving.abort();
      return { status: 500, headers: { "content-type": "application/json" }, chunks: ["{}"] };
    });
    await expect(ask(key.key, { signal: leaving.signal })).rejects.toThrow();
    await nothingLeft(1);
    expect(asked).toHaveLength(1);
    expect(second.id).not.toBe(account.id);
  });

  test("at any moment: no lease stays, and whatever was sent is booked once", { timeout: 60_000 }, async () => {
    behave({ silentMs: 10, chunks: streamOf(WORDS), pauseMs: 2 });
    key = await makeKey({ concurrency_limit: 3, queue_size: 100, queue_timeout_seconds: 30 });
    const requests = Array.from({ length: 60 }, async (_, index) => {
      const leaving = new AbortController();
      const answered = ask(key.key, { signal: leaving.signal }).then((response) => response.text());
      // One in ten stays. The others leave one by one, from before the first is admitted until the last would be served.
      if (index % 10 === 0) return answered;
      const left = scheduler.wait(index * 8).then(() => leaving.abort());
      return Promise.race([answered.catch(() => "left"), left.then(() => scheduler.wait(5_000))]);
    });
    await Promise.all(requests);
    await leasesFreed(key.id);
    await until(() => asked.every(({ over }) => over !== null));
    await eventually(async () => {
      expect(await env.KEEPER.getByName(account.id).report(0)).toMatchObject({ inFlight: 0 });
      const tried = (await rows(key.id)).filter(({ attempts }) => attempts !== "[]");
      expect(tried.filter(({ account_id }) => account_id !== null).length).toBeGreaterThanOrEqual(asked.length);
    });
    const booked = await rows(key.id);
    expect((await report(key.id)).totals.requests).toBe(booked.length);
    expect(new Set(booked.map(({ outcome }) => outcome))).toEqual(new Set(["completed", "client_left"]));
    expect(asked.length).toBeGreaterThan(5);
  });
});

/** A method of a statement whose results take their time. */
function slowly(target: D1PreparedStatement, name: string | symbol, ms: number): unknown {
  const value = Reflect.get(target, name);
  if (typeof value !== "function") return value;
  return (...args: unknown[]) => {
    const result = value.apply(target, args);
    if (name === "bind") return new Proxy(result, { get: (bound, inner) => slowly(bound, inner, ms) });
    return scheduler.wait(ms).then(() => result);
  };
}
