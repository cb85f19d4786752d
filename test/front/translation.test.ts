/**
 * The matrix of endings for every client on every upstream of another format: each settles once, frees its lease, books the
 * upstream's own figures, says what broke in the client's words, and leaves no connection behind.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { laneFor } from "../../src/protocols/translate/lane-for.ts";
import { PROTOCOLS, type Protocol } from "../../src/protocols/wire.ts";
import { readAll, settledOnce } from "./endings.ts";
import { FakeUpstream } from "./fake-upstream.ts";
import { CLIENTS, UPSTREAMS } from "./formats.ts";
import { RelayUnderTest, type RequestRow } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const upstreams = {} as Record<Protocol, FakeUpstream>;
const accounts = {} as Record<Protocol, string>;

beforeAll(async () => {
  await relay.start();
  for (const protocol of PROTOCOLS) {
    const { account, tail, model } = UPSTREAMS[protocol];
    upstreams[protocol] = new FakeUpstream();
    const { id } = await relay.admin<{ id: string }>("POST", "/admin/accounts", {
      ...account,
      name: protocol,
      kind: "api-key",
      base_url: `${await upstreams[protocol].start()}${tail}`,
      api_key: "sk-x",
      model_mapping: { "asked-*": model },
    });
    accounts[protocol] = id;
  }
});
beforeEach(() => relay.forgiveAccounts());
afterAll(async () => {
  await Promise.all(Object.values(upstreams).map((upstream) => upstream.stop()));
  await relay.stop();
});

const MODEL = "asked-for";
const WORDS = Array.from({ length: 30 }, (_, index) => `word${index} 你好 `);
const JSON_TYPE = { "content-type": "application/json" };

const PAIRS = PROTOCOLS.flatMap((from) =>
  PROTOCOLS.flatMap((to) => {
    const client = { protocol: from, envelope: null, usageUnasked: false, task: "answer" } as const;
    return from !== to && laneFor(client, to) ? [[from, to] as const] : [];
  }),
);

describe.each(PAIRS)("a client of %s on an upstream of %s", (from, to) => {
  const client = CLIENTS[from];
  const { stream, behindReason, whole, booked, overloaded, error, model } = UPSTREAMS[to];

  /** A key that may have one request at a time, of that account: a lease that is not freed shows as a refusal. */
  const makeKey = () => relay.makeKey({ concurrency_limit: 1, bound_account_id: accounts[to] });

  function ask(key: { api_key: string }, streamed: boolean, signal?: AbortSignal): Promise<Response> {
    return relay.fetch(client.path(MODEL, streamed), {
      method: "POST",
      headers: { authorization: `Bearer ${key.api_key}`, ...JSON_TYPE },
      body: JSON.stringify(client.body(MODEL, streamed)),
      ...(signal && { signal }),
    });
  }

  async function settled(key: { id: string }): Promise<RequestRow> {
    const row = await settledOnce(relay, key, upstreams[to]);
    expect(row).toMatchObject({ protocol: from, platform: UPSTREAMS[to].account.platform, model: MODEL });
    return row;
  }

  const SERVED = { account_id: expect.any(String), upstream_protocol: to, served_model: model };

  test("completes: a stream of the client's own, the upstream's figures", async () => {
    const key = await makeKey();
    upstreams[to].behave({ chunks: stream(WORDS), pauseMs: 1 });
    const response = await ask(key, true);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const { text, broke } = await readAll(response);
    expect(client.violations(text)).toEqual([]);
    expect(client.wordsIn(text)).toBe(WORDS.join(""));
    expect(text).toContain(`"${MODEL}"`);
    expect(text).not.toContain(model);
    expect(broke).toBe(false);
    const row = await settled(key);
    expect(row).toMatchObject({ ...SERVED, ...booked, status: 200, outcome: "completed", estimated: false });
    expect(row.ttft_ms).toBeTypeOf("number");
  });

  test("completes, not streamed", async () => {
    const key = await makeKey();
    upstreams[to].behave({ headers: JSON_TYPE, chunks: [whole("Hello 你好")] });
    const response = await ask(key, false);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(client.wordsIn(JSON.stringify(await response.json()))).toBe("Hello 你好");
    expect(await settled(key)).toMatchObject({ ...SERVED, ...booked, status: 200, outcome: "completed" });
  });

  test("client leaves: the upstream is closed, what was received is booked", async () => {
    const key = await makeKey();
    upstreams[to].behave({ chunks: stream(WORDS), pauseMs: 30 });
    const leaving = new AbortController();
    const response = await ask(key, true, leaving.signal);
    const reader = response.body?.getReader();
    let seen = "";
    while (!seen.includes("word4")) seen += new TextDecoder().decode((await reader?.read())?.value);
    leaving.abort();
    const [received] = upstreams[to].received;
    expect(await received?.closed).toBe(false);
    expect(received?.written).toBeLessThan(20);
    const row = await settled(key);
    expect(row).toMatchObject({ ...SERVED, status: 499, outcome: "client_left", estimated: true });
    expect(row.input_tokens).toBeGreaterThan(0);
    expect(row.output_tokens).toBeGreaterThan(4);
    expect(row.output_tokens).toBeLessThan(200);
  });

  test.each(["reset", "end"] as const)(
    "upstream breaks off (%s): an error, a broken connection, an estimate",
    async (ending) => {
      const key = await makeKey();
      upstreams[to].behave({ chunks: stream(WORDS).slice(0, 20), pauseMs: 2, ending });
      const { text, broke } = await readAll(await ask(key, true));
      expect(text).toContain("word9");
      expect(text).toMatch(client.errorEvent);
      expect(text).not.toMatch(client.end);
      expect(broke).toBe(true);
      const row = await settled(key);
      expect(row).toMatchObject({ ...SERVED, status: 200, outcome: "upstream_broke", estimated: true });
      expect(row.output_tokens).toBeGreaterThan(10);
    },
  );

  test("upstream breaks off behind the reason of its end (reset): the answer is whole, for the client and in the log", async () => {
    const key = await makeKey();
    const events = stream(WORDS);
    upstreams[to].behave({ chunks: events.slice(0, events.length - behindReason), pauseMs: 2, ending: "reset" });
    const { text, broke } = await readAll(await ask(key, true));
    expect(client.violations(text)).toEqual([]);
    expect(client.wordsIn(text)).toBe(WORDS.join(""));
    expect(broke).toBe(false);
    expect(await settled(key)).toMatchObject({ ...SERVED, status: 200, outcome: "completed" });
  });

  test("upstream refuses before the first byte: an error in the client's words", async () => {
    const key = await makeKey();
    upstreams[to].behave({ chunks: [], ending: "refuse" });
    const response = await ask(key, true);
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject(client.errorBody);
    expect(await settled(key)).toMatchObject({ status: 502, outcome: "upstream_unreachable", output_tokens: 0 });
  });

  test("first event is an error: a real error response with its status, in the client's words", async () => {
    const key = await makeKey();
    upstreams[to].behave({ chunks: [overloaded.event], ending: "hang" });
    const response = await ask(key, true);
    expect(response.status).toBe(overloaded.status);
    expect(await response.json()).toMatchObject(client.errorBody);
    expect(await upstreams[to].received[0]?.closed).toBe(false);
    expect(await settled(key)).toMatchObject({ status: overloaded.status, outcome: "upstream_error" });
  });

  test("an error of the request's own: the upstream's words in the client's envelope", async () => {
    const key = await makeKey();
    upstreams[to].behave({ status: 400, headers: JSON_TYPE, chunks: [JSON.stringify(error)] });
    const response = await ask(key, true);
    expect(response.status).toBe(400);
    const body = await response.json();
    expect(body).toMatchObject(client.errorBody);
    expect(JSON.stringify(body)).toContain("The upstream's own words.");
    expect(await settled(key)).toMatchObject({ ...SERVED, status: 400, outcome: "refused", output_tokens: 0 });
  });
});

test("every client reaches every upstream of another format", () => {
  expect(PAIRS).toHaveLength(12);
});
