import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createClient } from "../../admin/src/api.ts";
import { createRequests } from "../../admin/src/pages/requests/requests.ts";

/** A tab that can be hidden, and a relay that counts how often it is asked. */
let visibility: "visible" | "hidden";
let tab: EventTarget;
let asked: string[];
let answer: () => Promise<Response>;

const rows = (...ids: string[]) => Response.json({ items: ids.map((id) => ({ id })), next_cursor: null });

beforeEach(() => {
  vi.useFakeTimers();
  visibility = "visible";
  tab = new EventTarget();
  Object.defineProperty(tab, "visibilityState", { get: () => visibility });
  asked = [];
  answer = async () => rows("b", "a");
  vi.stubGlobal("document", tab);
  vi.stubGlobal("fetch", (input: string) => {
    asked.push(input);
    return answer();
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function turn(state: "visible" | "hidden"): void {
  visibility = state;
  tab.dispatchEvent(new Event("visibilitychange"));
}

const wait = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

function started(onSignedOut = async () => false) {
  const requests = createRequests(createClient("http://relay.test", onSignedOut));
  return { requests, stop: requests.visit({}) };
}

test("asks at once, then every three seconds, until it is stopped", async () => {
  const { requests, stop } = started();
  await wait(0);
  expect(asked).toHaveLength(1);
  expect(requests.rows.value.map((row) => row.id)).toEqual(["b", "a"]);
  await wait(6_000);
  expect(asked).toHaveLength(3);
  stop();
  turn("visible");
  await wait(60_000);
  expect(asked).toHaveLength(3);
});

test("asks nothing while the tab is hidden, and at once when it is back", async () => {
  const { stop } = started();
  await wait(0);
  turn("hidden");
  await wait(600_000);
  expect(asked).toHaveLength(1);
  turn("visible");
  await wait(0);
  expect(asked).toHaveLength(2);
  stop();
});

test("asks nothing while it is paused", async () => {
  const { requests, stop } = started();
  await wait(0);
  requests.setPaused(true);
  turn("visible");
  await wait(60_000);
  expect(asked).toHaveLength(1);
  requests.setPaused(false);
  await wait(0);
  expect(asked).toHaveLength(2);
  stop();
});

test("never has two questions open, however slow the relay is", async () => {
  answer = () => new Promise(() => {});
  const { stop } = started();
  await wait(120_000);
  expect(asked).toHaveLength(1);
  stop();
});

test("keeps its rows and says why when a poll fails, and recovers", async () => {
  const { requests, stop } = started();
  await wait(0);
  answer = () => Promise.reject(new TypeError("fetch failed"));
  await wait(3_000);
  expect(requests.problem.value?.status).toBe(0);
  expect(requests.rows.value).toHaveLength(2);
  answer = async () => rows("c", "b", "a");
  await wait(6_000);
  expect(requests.problem.value).toBeNull();
  expect([...requests.fresh.value]).toEqual(["c"]);
  stop();
});

test("marks nothing as new on the first page", async () => {
  const { requests, stop } = started();
  await wait(0);
  expect(requests.fresh.value.size).toBe(0);
  stop();
});

test("tells the session when the relay says 401", async () => {
  answer = async () => Response.json({ error: { type: "authentication_error", message: "x" } }, { status: 401 });
  const signedOut = vi.fn(async () => false);
  const { stop } = started(signedOut);
  await wait(0);
  expect(signedOut).toHaveBeenCalledOnce();
  stop();
});

test("asks for what the filters say, and shows rows of other filters only as stale", async () => {
  const { requests, stop } = started();
  await wait(0);
  stop();
  answer = async () => rows("z");
  const leave = requests.visit({ status: "5xx" });
  expect(requests.stale.value).toBe(true);
  await wait(0);
  expect(asked.at(-1)).toContain("status=5xx");
  expect(requests.stale.value).toBe(false);
  expect(requests.rows.value.map((row) => row.id)).toEqual(["z"]);
  expect(requests.fresh.value.size).toBe(0);
  leave();
});

test("a paused log answers a change of filters once, and stays paused", async () => {
  const { requests, stop } = started();
  await wait(0);
  requests.setPaused(true);
  stop();
  const leave = requests.visit({ outcome: "refused" });
  await wait(60_000);
  expect(asked).toHaveLength(2);
  leave();
});

test("counts what arrives until somebody sees it, but not what was there at first or what other filters bring", async () => {
  const { requests, stop } = started();
  await wait(0);
  expect(requests.unseen.value).toBe(0);
  answer = async () => rows("d", "c", "b", "a");
  await wait(3_000);
  answer = async () => rows("e", "d", "c", "b", "a");
  await wait(3_000);
  expect(requests.unseen.value).toBe(3);
  requests.seen();
  await wait(3_000);
  expect(requests.unseen.value).toBe(0);
  stop();
  answer = async () => rows("z", "y");
  const leave = requests.visit({ status: "5xx" });
  await wait(0);
  expect(requests.rows.value.map((row) => row.id)).toEqual(["z", "y"]);
  expect(requests.unseen.value).toBe(0);
  leave();
});

test("asks of a log that is narrowed down only for what began lately, and keeps what was loaded of before", async () => {
  const since = () => new URL(asked.at(-1) ?? "").searchParams.get("since");
  const id = (at: number) => `req_${at.toString(16).padStart(12, "0")}${"f".repeat(20)}`;
  const old = Date.now() - 3_600_000;
  answer = async () => Response.json({ items: [], next_cursor: id(old + 2) });
  const requests = createRequests(createClient("http://relay.test", async () => false));
  const stop = requests.visit({ status: "5xx" });
  await wait(0);
  expect(since()).toBeNull();
  answer = async () => Response.json({ items: [{ id: id(old) }], next_cursor: null });
  await requests.loadMore();
  answer = async () => Response.json({ items: [], next_cursor: null });
  await wait(3_000);
  expect(since()).toBe(`req_${(Date.now() - 900_000).toString(16).padStart(12, "0")}${"0".repeat(20)}`);
  expect(requests.rows.value.map((row) => row.id)).toEqual([id(old)]);
  answer = async () => Response.json({ items: [{ id: id(Date.now()) }], next_cursor: null });
  await wait(3_000);
  expect(requests.rows.value).toHaveLength(2);
  expect([...requests.fresh.value]).toEqual([requests.rows.value[0]?.id]);
  stop();
});

test("looks at all of a narrowed log again after a pause, for what came in it may reach further back", async () => {
  const requests = createRequests(createClient("http://relay.test", async () => false));
  const stop = requests.visit({ status: "5xx" });
  await wait(0);
  turn("hidden");
  await wait(600_000);
  turn("visible");
  await wait(0);
  expect(asked.at(-1)).not.toContain("since=");
  stop();
});

test("asks for the time that a filter names, to the full hour", async () => {
  vi.setSystemTime("2026-11-21T12:34:56Z");
  const requests = createRequests(createClient("http://relay.test", async () => false));
  const stop = requests.visit({ range: "7d" });
  await wait(0);
  expect(new URL(asked.at(-1) ?? "").searchParams.get("from")).toBe("2026-11-14T13:00:00.000Z");
  expect(asked.at(-1)).not.toContain("range=");
  stop();
});
