/**
 * Every way a request to an account at `v1internal` can end, through real sockets: of a client that speaks so itself, of one that speaks
 * the Gemini API, and of one that speaks another format.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readAll, settledOnce } from "./endings.ts";
import * as gemini from "./gemini.ts";
import { signedInToGoogle } from "./google.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);
const STREAM = gemini.assistStreamOf(WORDS);
const JSON_TYPE = { "content-type": "application/json" };
const CLI = { ...JSON_TYPE, "user-agent": "GeminiCLI/0.61.0/gemini-3.5-flash (linux; x64)" };
const CONTENTS = [{ role: "user", parts: [{ text: "hello" }] }];

interface Client {
  name: string;
  ask: (key: string, stream: boolean, signal?: AbortSignal) => Promise<Response>;
  /** What it is given of a stream; null where its format has other events. */
  events: string[] | null;
  /** In its own format: the end of a stream, and an error in one. */
  end: string;
  error: string;
}

function post(key: string, path: string, headers: Record<string, string>, body: object, signal?: AbortSignal) {
  const init = { method: "POST", headers: { ...headers, "x-goog-api-key": key }, body: JSON.stringify(body) };
  return relay.fetch(path, { ...init, ...(signal && { signal }) });
}

const method = (stream: boolean) => (stream ? "streamGenerateContent?alt=sse" : "generateContent");

const CLIENTS: Client[] = [
  {
    name: "Gemini CLI in Code Assist mode",
    ask: (key, stream, signal) => {
      const envelope = { model: "gemini-3.5-flash", project: "edge-relay", request: { contents: CONTENTS } };
      return post(key, `/gemini/v1internal:${method(stream)}`, CLI, envelope, signal);
    },
    events: STREAM,
    end: '"finishReason":"STOP"',
    error: 'data: {"error":{"code":503',
  },
  {
    name: "Gemini CLI with a key",
    ask: (key, stream, signal) =>
      post(key, `/gemini/v1beta/models/gemini-3.5-flash:${method(stream)}`, CLI, { contents: CONTENTS }, signal),
    events: gemini.streamOf(WORDS),
    end: '"finishReason":"STOP"',
    error: 'data: {"error":{"code":503',
  },
  {
    name: "a Messages client, at Antigravity",
    ask: (key, stream, signal) => {
      const messages = [{ role: "user", content: "hello" }];
      const body = { model: "gemini-3.5-flash", max_tokens: 100, stream, messages };
      return post(key, "/antigravity/api/v1/messages", JSON_TYPE, body, signal);
    },
    events: null,
    end: "event: message_stop",
    error: "event: error\ndata: ",
  },
];

beforeAll(async () => {
  await relay.start();
  const { items } = await relay.admin<{ items: { id: string; base_url: string }[] }>("GET", "/admin/accounts");
  const [fake] = items;
  // What the accounts are made by.
  const loaded = JSON.stringify({ currentTier: { id: "standard-tier" }, cloudaicompanionProject: "project-of-google" });
  relay.upstream.behave({ headers: JSON_TYPE, chunks: [loaded] });
  for (const kind of ["code-assist", "antigravity"] as const)
    await relay.admin("POST", "/admin/accounts", { ...signedInToGoogle(kind), base_url: fake?.base_url });
  await relay.admin("DELETE", `/admin/accounts/${fake?.id}`);
});
beforeEach(() => relay.forgiveAccounts());
afterAll(() => relay.stop());

const keyWithOneLease = () => relay.makeKey({ concurrency_limit: 1 });

describe.each(CLIENTS)("$name, streamed", ({ ask, events, end, error }) => {
  test("completes: event by event while the upstream still writes, and with its figures", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: STREAM, pauseMs: 20 });
    const response = await ask(key.api_key, true);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let text = decoder.decode((await reader?.read())?.value, { stream: true });
    expect(relay.upstream.received[0]?.written).toBeLessThan(STREAM.length);
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      text += decoder.decode(read.value, { stream: true });
    }
    if (events) expect(text).toBe(events.join(""));
    expect(text).toContain(end);
    expect(text).not.toContain("project-of-the-account");
    expect(await settledOnce(relay, key)).toMatchObject({
      ...gemini.BOOKED,
      ...{ status: 200, outcome: "completed", estimated: false, model: "gemini-3.5-flash" },
    });
    expect(relay.upstream.received[0]?.url).toBe("/v1internal:streamGenerateContent?alt=sse");
  });

  test("completes in pieces that heed no event, and in one", async () => {
    const stream = STREAM.join("");
    const pieces = stream.match(/[\s\S]{1,37}/g) ?? [];
    for (const chunks of [pieces, [stream]]) {
      const key = await keyWithOneLease();
      relay.upstream.behave({ chunks });
      const text = await (await ask(key.api_key, true)).text();
      if (events) expect(text).toBe(events.join(""));
      expect(text).toContain(end);
      expect(await settledOnce(relay, key)).toMatchObject({ ...gemini.BOOKED, outcome: "completed" });
    }
  });

  test("client leaves: the upstream is closed, what was received is booked", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: STREAM, pauseMs: 30 });
    const leaving = new AbortController();
    const response = await ask(key.api_key, true, leaving.signal);
    const reader = response.body?.getReader();
    let seen = "";
    while (!seen.includes("word4")) seen += new TextDecoder().decode((await reader?.read())?.value);
    leaving.abort();
    const [received] = relay.upstream.received;
    expect(await received?.closed).toBe(false);
    expect(received?.written).toBeLessThan(STREAM.length);
    const row = await settledOnce(relay, key);
    expect(row).toMatchObject({ status: 499, outcome: "client_left", estimated: true, input_tokens: 15 });
    expect(row.output_tokens).toBeGreaterThanOrEqual(5);
  });

  test.each([
    ["resets", STREAM.slice(0, 20), "reset"],
    ["ends early", STREAM.slice(0, 20), "end"],
    // Behind half a line no event can follow: the broken connection alone tells it.
    ["resets in the middle of an event", [...STREAM.slice(0, 20), STREAM[20]?.slice(0, 50) ?? ""], "reset"],
  ] as const)("upstream %s: a broken connection, an estimate, and no end", async (_, chunks, ending) => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ chunks: [...chunks], pauseMs: 2, ending });
    const { text, broke } = await readAll(await ask(key.api_key, true));
    expect(broke).toBe(true);
    if (events) expect(text.startsWith(events.slice(0, 20).join(""))).toBe(true);
    expect(text).toContain("word19");
    expect(text).not.toContain(end);
    if (chunks.length === 20) expect(text).toContain(error);
    const outcome = { outcome: "upstream_broke", estimated: true, input_tokens: 15 };
    expect(await settledOnce(relay, key)).toMatchObject(outcome);
  });

  test("upstream reports an error midway: it is the client's, in its own form", async () => {
    const key = await keyWithOneLease();
    const chunks = [...STREAM.slice(0, 10), gemini.event(gemini.errorOf(503, "UNAVAILABLE", "gone"))];
    relay.upstream.behave({ chunks, pauseMs: 2 });
    const { text } = await readAll(await ask(key.api_key, true));
    expect(text).toContain("word9");
    expect(text).toContain(error);
    expect(text).toContain("gone");
    expect(text).not.toContain('"response":{"error"');
    expect(await settledOnce(relay, key)).toMatchObject({ outcome: "upstream_broke", estimated: true });
  });

  test("an error is all that comes: an error response with the status it should have had", async () => {
    const key = await keyWithOneLease();
    const chunks = [gemini.event(gemini.errorOf(429, "RESOURCE_EXHAUSTED", "no more"))];
    relay.upstream.behave({ chunks, ending: "hang" });
    const response = await ask(key.api_key, true);
    expect(response.status).toBe(429);
    expect(await response.text()).toContain("no more");
    expect(await relay.upstream.received[0]?.closed).toBe(false);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 429, output_tokens: 0 });
  });

  test.each([
    ["refuses before the first byte", { ending: "refuse" }],
    ["ends before any event", {}],
  ] as const)("upstream %s: 502", async (_, behaviour) => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ ...behaviour, chunks: [] });
    expect((await ask(key.api_key, true)).status).toBe(502);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 502, outcome: "upstream_unreachable" });
  });
});

describe.each(CLIENTS)("$name, whole", ({ ask }) => {
  const whole = JSON.stringify({ response: JSON.parse(gemini.wholeContent("Hello")), traceId: "t1" });

  test("completes, with the upstream's figures", async () => {
    const key = await keyWithOneLease();
    relay.upstream.behave({ headers: JSON_TYPE, chunks: [whole] });
    const response = await ask(key.api_key, false);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("Hello");
    expect(await settledOnce(relay, key)).toMatchObject({
      ...gemini.BOOKED,
      ...{ status: 200, outcome: "completed", stream: false },
    });
    expect(relay.upstream.received[0]?.url).toBe("/v1internal:generateContent");
  });

  test("upstream resets: 502", async () => {
    const key = await keyWithOneLease();
    const headers = { ...JSON_TYPE, "content-length": "10000" };
    relay.upstream.behave({ headers, chunks: [whole], ending: "reset" });
    expect((await ask(key.api_key, false)).status).toBe(502);
    expect(await settledOnce(relay, key)).toMatchObject({ status: 502, outcome: "upstream_unreachable" });
  });
});

test("what Gemini CLI tells of itself stays here, and is asked for no key", async () => {
  for (const base of ["/gemini", ""]) {
    const response = await relay.fetch(`${base}/v1internal:recordCodeAssistMetrics`, { method: "POST", body: "{}" });
    expect(response.status).toBe(200);
  }
});

test("what Gemini CLI asks about its user tells nothing of the account that serves it", async () => {
  const key = await relay.makeKey();
  const asked = relay.upstream.received.length;
  for (const action of [
    "loadCodeAssist",
    "onboardUser",
    "retrieveUserQuota",
    "listExperiments",
    "fetchAdminControls",
  ]) {
    const response = await post(key.api_key, `/gemini/v1internal:${action}`, CLI, { metadata: {} });
    expect(response.status).toBe(200);
    expect(await response.text()).not.toMatch(/project-of-the-account|access-1|code-assist/);
  }
  expect(relay.upstream.received.length).toBe(asked);
});
