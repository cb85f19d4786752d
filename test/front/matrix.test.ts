/**
 * Every way a request can end, streamed and whole: it settles once, frees its lease, books what was used, and leaves
 * no connection to the upstream behind.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readAll, settledOnce } from "./endings.ts";
import { BOOKED, errorOf, event, streamOf, wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
beforeAll(() => relay.start());
beforeEach(() => relay.forgiveAccounts());
afterAll(() => relay.stop());

const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);
const JSON_TYPE = { "content-type": "application/json" };

/** A key that may have one request at a time: a lease that is not freed shows as a refusal. */
async function keyWithOneLease(): Promise<{ id: string; api_key: string }> {
  return relay.makeKey({ concurrency_limit: 1 });
}

describe("streamed", () => {
  test("completes: the same bytes, the upstream's figures", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: streamOf(WORDS), pauseMs: 1 });
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
    expect(await readAll(response)).toEqual({ text: streamOf(WORDS).join(""), broke: false });
    const row = await settledOnce(relay, key);
    expect(row).toMatchObject({ ...BOOKED, status: 200, outcome: "completed", estimated: false, stream: true });
    expect(row.id).toBe(response.headers.get("x-request-id"));
    expect(row.ttft_ms).toBeTypeOf("number");
  });

  test.each(["text/plain", "application/json", "application/octet-stream"])(
    "events that the upstream calls %s are streamed as events",
    async (type) => {
      const key = await keyWithOneLease();
      relay.upstream.behave({ headers: { "content-type": type }, chunks: streamOf(WORDS), pauseMs: 20 });
      const response = await relay.messages(key.api_key, { stream: true });
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      // Read one by one while the upstream is still writing.
      const reader = response.body?.getReader();
      await reader?.read();
      expect(relay.upstream.received[0]?.written).toBeLessThan(streamOf(WORDS).length);
      while (!(await reader?.read())?.done);
      expect(await settledOnce(relay, key)).toMatchObject({ ...BOOKED, outcome: "completed", estimated: false });
    },
  );

  test("JSON with a good status where a stream was asked for passes whole, as it is", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("ok")] });
    const response = await relay.messages(key.api_key, { stream: true });
    expect(await response.text()).toBe(wholeMessage("ok"));
    expect(await settledOnce(relay, key)).toMatchObject({ ...BOOKED, outcome: "completed", estimated: false });
  });

  test("client leaves: the upstream is closed within a chunk, what was received is booked", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: streamOf(WORDS), pauseMs: 30 });
    const leaving = new AbortController();
    const response = await relay.messages(key.api_key, { stream: true }, { signal: leaving.signal });
    const reader = response.body?.getReader();
    let seen = "";
    while (!seen.includes("word4")) seen += new TextDecoder().decode((await reader?.read())?.value);
    leaving.abort();
    const [received] = relay.upstream.received;
    expect(await received?.closed).toBe(false);
    expect(received?.written).toBeLessThan(16);
    const row = await settledOnce(relay, key);
    expect(row).toMatchObject({ status: 499, outcome: "client_left", estimated: true });
    expect(row).toMatchObject({ ...BOOKED, output_tokens: row.output_tokens });
    expect(row.output_tokens).toBeGreaterThanOrEqual(5);
    expect(row.output_tokens).toBeLessThan(40);
  });

  test("client leaves while the upstream is silent: it is closed as soon as it speaks", async () => {
    const key = await keyWithOneLease();
    const leaving = new AbortController();
    const gone = Promise.withResolvers<void>();
    relay.upstream.behave(() => {
      leaving.abort();
      return { chunks: streamOf(WORDS), until: gone.promise, pauseMs: 30 };
    });
    await expect(relay.messages(key.api_key, { stream: true }, { signal: leaving.signal })).rejects.toThrow();
    gone.resolve();
    expect(await settledOnce(relay, key)).toMatchObject({ status: 499, outcome: "client_left", estimated: true });
    expect(await relay.upstream.received[0]?.closed).toBe(false);
  });

  test("upstream resets: an error event, a broken connection, an estimate", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: streamOf(WORDS).slice(0, 20), pauseMs: 2, ending: "reset" });
    const { text, broke } = await readAll(await relay.messages(key.api_key, { stream: true }));
    expect(broke).toBe(true);
    expect(text).toContain("event: error\ndata: ");
    expect(text.startsWith(streamOf(WORDS).slice(0, 20).join(""))).toBe(true);
    expect(await settledOnce(relay, key)).toMatchObject({
      status: 200,
      outcome: "upstream_broke",
      estimated: true,
      input_tokens: 12,
    });
  });

  test("upstream resets in the middle of a line: a broken connection, and nothing that would be read as part of the line", async () => {
    const key = await keyWithOneLease();
    const events = streamOf(WORDS);
    const cut = [...events.slice(0, 20), events[20]?.slice(0, -12) ?? ""];
    relay.upstream.behave({ chunks: cut, pauseMs: 2, ending: "reset" });
    const { text, broke } = await readAll(await relay.messages(key.api_key, { stream: true }));
    expect({ text, broke }).toEqual({ text: cut.join(""), broke: true });
    expect(await settledOnce(relay, key)).toMatchObject({ outcome: "upstream_broke", estimated: true });
  });

  test("upstream ends early: an error event, a broken connection, never a clean end", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: streamOf(WORDS).slice(0, 20), pauseMs: 2 });
    const { text, broke } = await readAll(await relay.messages(key.api_key, { stream: true }));
    expect(broke).toBe(true);
    expect(text).toContain("event: error\ndata: ");
    expect(await settledOnce(relay, key)).toMatchObject({ outcome: "upstream_broke", estimated: true });
  });

  test("upstream reports an error midway: passed on, and the end is the upstream's own", async () => {
    const key = await keyWithOneLease();
    const broken = [...streamOf(WORDS).slice(0, 10), event(errorOf("overloaded_error", "Overloaded"))];
    relay.upstream.behave({ chunks: broken, pauseMs: 2 });
    const { text, broke } = await readAll(await relay.messages(key.api_key, { stream: true }));
    expect({ text, broke }).toEqual({ text: broken.join(""), broke: false });
    expect(await settledOnce(relay, key)).toMatchObject({ outcome: "upstream_broke", estimated: true });
  });

  test("upstream refuses before the first byte: 502 in the client's words", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: [], ending: "refuse" });
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "api_error" } });
    expect(await settledOnce(relay, key)).toMatchObject({
      status: 502,
      outcome: "upstream_unreachable",
      output_tokens: 0,
    });
  });

  test("upstream answers 200 and ends before any event: 502, not an empty answer", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: [] });
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.status).toBe(502);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 502, outcome: "upstream_unreachable" });
  });

  test("first event is an error: a real error response with the status it should have had", async () => {
    const key = await keyWithOneLease();
    const error = errorOf("overloaded_error", "Overloaded");
    relay.upstream.behave({ chunks: [event(error)], ending: "hang" });
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.status).toBe(529);
    expect(await response.json()).toEqual(error);
    expect(await relay.upstream.received[0]?.closed).toBe(false);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 529, outcome: "upstream_error", output_tokens: 0 });
  });

  test("first event in pieces: the error in it is still seen before the client is committed", async () => {
    const key = await keyWithOneLease();
    const text = event(errorOf("rate_limit_error", "Slow down"));
    relay.upstream.behave({ chunks: [text.slice(0, 9), text.slice(9, 40), text.slice(40)], pauseMs: 10 });
    expect((await relay.messages(key.api_key, { stream: true })).status).toBe(429);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 429 });
  });
});

describe("whole", () => {
  test("completes: the same bytes, the upstream's figures", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
    const response = await relay.messages(key.api_key);
    expect(await response.text()).toBe(wholeMessage("Hello"));
    expect(await settledOnce(relay, key)).toMatchObject({
      ...BOOKED,
      status: 200,
      outcome: "completed",
      stream: false,
    });
  });

  test("client leaves: what the upstream reports is booked, the lease is freed", async () => {
    const key = await keyWithOneLease();
    const leaving = new AbortController();
    const gone = Promise.withResolvers<void>();
    relay.upstream.behave(() => {
      leaving.abort();
      return { headers: JSON_TYPE, chunks: [wholeMessage("Hello")], until: gone.promise };
    });
    await expect(relay.messages(key.api_key, {}, { signal: leaving.signal })).rejects.toThrow();
    gone.resolve();
    // Local workerd sees a hang-up only when it writes, and then has the whole answer; production may see it earlier.
    expect(await settledOnce(relay, key)).toMatchObject({ ...BOOKED, outcome: "completed" });
  });

  test("upstream resets: 502", async () => {
    const key = await keyWithOneLease();
    const headers = { ...JSON_TYPE, "content-length": "10000" };
    relay.upstream.behave({ headers, chunks: [wholeMessage("Hello")], ending: "reset" });
    expect((await relay.messages(key.api_key)).status).toBe(502);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 502, outcome: "upstream_unreachable" });
  });

  test("upstream refuses before the first byte: 502", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: [], ending: "refuse" });
    expect((await relay.messages(key.api_key)).status).toBe(502);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 502, outcome: "upstream_unreachable" });
  });

  test("upstream ends early: 502", async () => {
    const key = await keyWithOneLease();
    const headers = { ...JSON_TYPE, "content-length": "10000", connection: "close" };
    relay.upstream.behave({ headers, chunks: [wholeMessage("Hello")], ending: "reset" });
    expect((await relay.messages(key.api_key)).status).toBe(502);
    expect(await settledOnce(relay, key)).toMatchObject({ outcome: "upstream_unreachable" });
  });

  test("an error: status, bytes and useful headers pass, and nothing else", async () => {
    const key = await keyWithOneLease();
    const body = JSON.stringify(errorOf("rate_limit_error", "Slow down"));
    relay.upstream.behave({
      status: 429,
      headers: {
        ...JSON_TYPE,
        "retry-after": "17",
        "request-id": "req_upstream",
        "anthropic-ratelimit-requests-remaining": "0",
        "set-cookie": "secret=1",
        "cf-ray": "abc",
      },
      chunks: [body],
    });
    const response = await relay.messages(key.api_key);
    expect(response.status).toBe(429);
    expect(await response.text()).toBe(body);
    expect(response.headers.get("retry-after")).toBe("17");
    expect(response.headers.get("request-id")).toBe("req_upstream");
    // The account's limits are not the key's.
    expect(response.headers.get("anthropic-ratelimit-requests-remaining")).toBeNull();
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(response.headers.get("cf-ray")).toBeNull();
    expect(await settledOnce(relay, key)).toMatchObject({ status: 429, outcome: "upstream_error" });
  });

  test("status 200 with an error for a body: the error it is", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [JSON.stringify(errorOf("overloaded_error", "Overloaded"))] });
    expect((await relay.messages(key.api_key)).status).toBe(529);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 529, outcome: "upstream_error" });
  });

  test("the upstream's own 401 is not shown as the client's", async () => {
    const key = await keyWithOneLease();
    const body = JSON.stringify(errorOf("authentication_error", "invalid x-api-key"));
    relay.upstream.behave({ status: 401, headers: JSON_TYPE, chunks: [body] });
    const response = await relay.messages(key.api_key);
    expect(response.status).toBe(424);
    expect(await response.text()).toContain("operator");
    expect(await settledOnce(relay, key)).toMatchObject({ status: 424 });
  });
});
