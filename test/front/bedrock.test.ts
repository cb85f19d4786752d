/** Every way a request to an account at Bedrock can end, through real sockets, in its binary stream. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chunkFrame, exceptionFrame, joined } from "../providers/bedrock/frames.ts";
import { readAll, settledOnce } from "./endings.ts";
import { BOOKED, streamOf, wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);
const EVENTS = streamOf(WORDS);
const FRAMES = EVENTS.map((event) => chunkFrame(event.replace(/^event:.*\ndata: /, "").trim()));
const EVENT_STREAM = { "content-type": "application/vnd.amazon.eventstream" };
const JSON_TYPE = { "content-type": "application/json" };

beforeAll(async () => {
  await relay.start();
  const { items } = await relay.admin<{ items: { id: string; base_url: string }[] }>("GET", "/admin/accounts");
  const [fake] = items;
  await relay.admin("POST", "/admin/accounts", {
    ...{ name: "cloud", platform: "anthropic", kind: "bedrock", base_url: fake?.base_url, aws_region: "us-east-1" },
    aws_access_key_id: "AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  });
  await relay.admin("DELETE", `/admin/accounts/${fake?.id}`);
});
beforeEach(() => relay.forgiveAccounts());
afterAll(() => relay.stop());

const keyWithOneLease = () => relay.makeKey({ concurrency_limit: 1 });

describe("streamed", () => {
  test("completes: the API's events, one by one while the upstream still writes, and its figures", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: EVENT_STREAM, chunks: FRAMES, pauseMs: 20 });
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let text = decoder.decode((await reader?.read())?.value, { stream: true });
    expect(relay.upstream.received[0]?.written).toBeLessThan(FRAMES.length);
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      text += decoder.decode(read.value, { stream: true });
    }
    expect(text).toBe(EVENTS.join(""));
    expect(await settledOnce(relay, key)).toMatchObject({
      ...BOOKED,
      status: 200,
      outcome: "completed",
      estimated: false,
    });
    expect(relay.upstream.received[0]?.url).toMatch(/^\/model\/us\.anthropic\.claude-.*\/invoke-with-response-stream$/);
  });

  test("completes in pieces that heed no frame, and in one", async () => {
    const stream = joined(FRAMES);
    const pieces = Array.from({ length: Math.ceil(stream.length / 37) }, (_, at) =>
      stream.slice(at * 37, at * 37 + 37),
    );
    for (const chunks of [pieces, [stream]]) {
      const key = await keyWithOneLease();
      relay.upstream.behave({ headers: EVENT_STREAM, chunks });
      expect(await (await relay.messages(key.api_key, { stream: true })).text()).toBe(EVENTS.join(""));
      expect(await settledOnce(relay, key)).toMatchObject({ ...BOOKED, outcome: "completed" });
    }
  });

  test("client leaves: the upstream is closed, what was received is booked", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: EVENT_STREAM, chunks: FRAMES, pauseMs: 30 });
    const leaving = new AbortController();
    const response = await relay.messages(key.api_key, { stream: true }, { signal: leaving.signal });
    const reader = response.body?.getReader();
    let seen = "";
    while (!seen.includes("word4")) seen += new TextDecoder().decode((await reader?.read())?.value);
    leaving.abort();
    const [received] = relay.upstream.received;
    expect(await received?.closed).toBe(false);
    expect(received?.written).toBeLessThan(FRAMES.length);
    const row = await settledOnce(relay, key);
    expect(row).toMatchObject({ status: 499, outcome: "client_left", estimated: true, input_tokens: 12 });
    expect(row.output_tokens).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ["resets", FRAMES.slice(0, 20), "reset"],
    ["resets in the middle of a frame", [...FRAMES.slice(0, 20), FRAMES[20]?.slice(0, 50) ?? ""], "reset"],
    ["ends early", FRAMES.slice(0, 20), "end"],
    ["ends in the middle of a frame", [...FRAMES.slice(0, 20), FRAMES[20]?.slice(0, 50) ?? ""], "end"],
    [
      "damages a frame",
      [...FRAMES.slice(0, 20), FRAMES[20]?.map((byte, at) => (at === 60 ? byte ^ 1 : byte)) ?? ""],
      "end",
    ],
  ] as const)("upstream %s: an error event, a broken connection, an estimate", async (_, chunks, ending) => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: EVENT_STREAM, chunks: [...chunks], pauseMs: 2, ending });
    const { text, broke } = await readAll(await relay.messages(key.api_key, { stream: true }));
    expect(broke).toBe(true);
    expect(text.startsWith(EVENTS.slice(0, 20).join(""))).toBe(true);
    expect(text).toContain("event: error\ndata: ");
    expect(await settledOnce(relay, key)).toMatchObject({
      outcome: "upstream_broke",
      estimated: true,
      input_tokens: 12,
    });
  });

  test("upstream reports an exception midway: the API's error event, and the end is the upstream's own", async () => {
    const key = await keyWithOneLease();
    const chunks = [...FRAMES.slice(0, 10), exceptionFrame("modelStreamErrorException", "gone")];
    relay.upstream.behave({ headers: EVENT_STREAM, chunks, pauseMs: 2 });
    const { text, broke } = await readAll(await relay.messages(key.api_key, { stream: true }));
    const error = JSON.stringify({ type: "error", error: { type: "api_error", message: "gone" } });
    expect({ text, broke }).toEqual({
      text: `${EVENTS.slice(0, 10).join("")}event: error\ndata: ${error}\n\n`,
      broke: false,
    });
    expect(await settledOnce(relay, key)).toMatchObject({ outcome: "upstream_broke", estimated: true });
  });

  test("an exception is all that comes: an error response with the status it should have had", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: EVENT_STREAM, chunks: [exceptionFrame("throttlingException")], ending: "hang" });
    const response = await relay.messages(key.api_key, { stream: true });
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "rate_limit_error" } });
    expect(await relay.upstream.received[0]?.closed).toBe(false);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 429, output_tokens: 0 });
  });

  test.each([
    ["refuses before the first byte", { chunks: [], ending: "refuse" }],
    ["ends before any frame", { chunks: [] }],
  ] as const)("upstream %s: 502", async (_, behaviour) => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: EVENT_STREAM, ...behaviour, chunks: [] });
    expect((await relay.messages(key.api_key, { stream: true })).status).toBe(502);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 502, outcome: "upstream_unreachable" });
  });
});

describe("whole", () => {
  test("completes: the same bytes, the upstream's figures", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [wholeMessage("Hello")] });
    expect(await (await relay.messages(key.api_key)).text()).toBe(wholeMessage("Hello"));
    expect(await settledOnce(relay, key)).toMatchObject({
      ...BOOKED,
      status: 200,
      outcome: "completed",
      stream: false,
    });
  });

  test("upstream resets: 502", async () => {
    const key = await keyWithOneLease();
    const headers = { ...JSON_TYPE, "content-length": "10000" };
    relay.upstream.behave({ headers, chunks: [wholeMessage("Hello")], ending: "reset" });
    expect((await relay.messages(key.api_key)).status).toBe(502);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 502, outcome: "upstream_unreachable" });
  });
});
