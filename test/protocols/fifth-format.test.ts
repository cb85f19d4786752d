/**
 * A wire format more is a folder and a line in the table: this one (morse/format.ts) is put into it here, and the relay's own
 * steps are driven through it. No other file knows of it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAnswer } from "../../src/account-check/read-answer.ts";
import { targetOf } from "../../src/pool/target.ts";
import { AS_IT_IS } from "../../src/protocols/translate/lane.ts";
import { type Protocol, WIRE } from "../../src/protocols/wire.ts";
import { refuse, withLimits } from "../../src/relay/answer.ts";
import { UNCOUNTED } from "../../src/relay/body-hold.ts";
import type { Call } from "../../src/relay/call.ts";
import { modelList, readModelList } from "../../src/relay/models.ts";
import { PreludeReader } from "../../src/relay/prelude.ts";
import { readingOf } from "../../src/relay/reading.ts";
import { readRequest } from "../../src/relay/request.ts";
import type { Route } from "../../src/relay/routes.ts";
import type { Sent } from "../../src/relay/send.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { accountNamed } from "../pool/accounts.ts";
import { MORSE } from "./morse/format.ts";

const morse = "morse" as Protocol;
const ROUTE: Route = {
  method: "POST",
  path: "/morse",
  operation: "generate",
  protocol: morse,
  platforms: ["droid"],
  others: [],
  kinds: null,
  upstreamPath: "/morse",
  query: {},
  form: false,
  task: null,
  envelope: null,
};

beforeAll(() => {
  WIRE[morse] = MORSE;
});
afterAll(() => {
  Reflect.deleteProperty(WIRE, morse);
});

async function read(body: object) {
  const http = new Request("https://relay.test/morse", { method: "POST", body: JSON.stringify(body) });
  return readRequest({ http, route: ROUTE, parameters: {} }, UNCOUNTED);
}

test("its body is peeked at: model, limit, stream and session", async () => {
  const request = await read({ wire: ["CQ"], key: "Iambic-A", dashes: 12, live: true, operator: "K1ABC" });
  expect(request).toMatchObject({
    ok: true,
    value: { model: "iambic-a", maxTokens: 12, stream: true, session: "K1ABC", origin: { sessionId: "K1ABC" } },
  });
});

test.each([
  [{ wire: [] }, { reason: "model_missing" }],
  [
    { key: "a", KEY: "b" },
    { reason: "member_refused", member: "key" },
  ],
  [
    { key: "a", live: 1 },
    { reason: "member_refused", member: "live" },
  ],
  [
    { key: "a", models: ["b"] },
    { reason: "member_refused", member: "models" },
  ],
])("its body is refused like any other: %j", async (body, refusal) => {
  expect(await read(body)).toMatchObject({ ok: false, refusal });
});

test("a refusal is in its own envelope and headers", async () => {
  const response = refuse(morse, "req_1", { reason: "budget", of: "total", limitNanos: 5, resetAt: null }, 0);
  expect(await response.json()).toMatchObject({ sos: { status: 429, requestId: "req_1" } });
  expect(response.headers.get("x-morse-id")).toBe("req_1");
  expect(response.headers.get("x-morse-left")).toBe("0");
});

test("an answer tells the key's limits in its headers", () => {
  const call = { route: ROUTE } as Call;
  const allowance = { of: "total_tokens", limit: 10, used: 4, resetAt: null } as const;
  expect(withLimits(call, new Response("{}"), [allowance]).headers.get("x-morse-left")).toBe("6");
});

const encode = (text: string) => new TextEncoder().encode(text);
const STREAM = 'data: {"ready":true}\n\ndata: {"tap":"."}\n\ndata: {"tap":"-"}\n\ndata: {"over":true}\n\n';

test("its streams are seen to begin, and metered", () => {
  const opening = new PreludeReader(WIRE[morse], false);
  expect(opening.feed(encode(STREAM.slice(0, 24)))).toBeNull();
  expect(opening.feed(encode(STREAM.slice(24)))).toEqual({ kind: "begun" });
  const meter = WIRE[morse].streamMeter();
  meter.feed(encode(STREAM));
  expect(meter.end()).toMatchObject({ usage: { ...NO_USAGE, output: 2 }, complete: true });
});

test("its whole answers are metered", () => {
  expect(readingOf(morse, "/morse", encode('{"wire":".-","taps":7}')).usage.output).toBe(7);
});

test("its lists of models keep the upstream's own and add ours", () => {
  const { models } = WIRE[morse];
  const upstream = readModelList(models, '{"keys":[{"key":"a","wpm":20},{"key":"b"}],"from":3}');
  const list = modelList(models, upstream, (id) => id !== "b", [{ id: "c", name: null }]);
  expect(list).toEqual({ keys: [{ key: "a", wpm: 20 }, { key: "c" }], from: 3 });
});

test("a check of an account sends its smallest request and reads its words", async () => {
  const { bodyFor } = WIRE[morse].check;
  expect(await read(bodyFor("iambic-a"))).toMatchObject({ ok: true, value: { model: "iambic-a", stream: true } });

  const target = targetOf(accountNamed("a"), "iambic-a", morse);
  const whole: Sent = {
    kind: "whole",
    status: 200,
    headers: new Headers(),
    body: encode('{"wire":"OK","taps":2}'),
    answer: AS_IT_IS,
  };
  const reading = readAnswer(target, whole, new AbortController().signal);
  expect(await reading.next()).toEqual({ done: false, value: "OK" });
  expect(await reading.next()).toMatchObject({ done: true, value: { ok: true, usage: { output: 2 } } });
});
