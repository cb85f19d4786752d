/**
 * A client and an upstream that speak two formats: which of the two each step takes. The target here is made by hand, with a lane that only marks what has passed through it. The
 * client's format is Messages, the upstream's Chat; whatever is read as the wrong one of them comes out wrong.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { Admission, Settlement } from "../../src/gate/rpc.ts";
import { EMPTY_POOL } from "../../src/pool/pool.ts";
import type { Target } from "../../src/pool/target.ts";
import { builtInPrices } from "../../src/pricing/built-in.ts";
import type { Lane } from "../../src/protocols/translate/lane.ts";
import { laneFor } from "../../src/protocols/translate/lane-for.ts";
import type { Call } from "../../src/relay/call.ts";
import { targetCriteriaOf } from "../../src/relay/criteria.ts";
import { deliver } from "../../src/relay/deliver.ts";
import type { Reached } from "../../src/relay/failover.ts";
import { faultOf } from "../../src/relay/fault.ts";
import { readRequest } from "../../src/relay/request.ts";
import { noResources } from "../../src/relay/resources.ts";
import { findRoute } from "../../src/relay/routes.ts";
import { send } from "../../src/relay/send.ts";
import { settlementOf } from "../../src/relay/settle.ts";
import * as chat from "../front/chat.ts";
import { accountNamed } from "../pool/accounts.ts";
import { messagesViolations } from "../protocols/translate/validators/messages.ts";
import { hurryInterval } from "./relay-in-process.ts";

afterEach(() => vi.restoreAllMocks());

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Says of everything that it has passed. */
const MARKING: Lane = {
  open: ({ body }, { model }) => ({
    ok: true,
    value: {
      body: () => encode(`${model} is sent ${JSON.parse(decode(body)).model}`),
      endpoint: null,
      instead: () => null,
      answer: {
        whole: (status, whole) => ({ body: encode(`[${status}]${decode(whole)}`) }),
        stage: () => ({ push: (chunk) => encode(`<${decode(chunk)}>`), end: () => encode("<end>\n\n") }),
        dropped: [],
        translates: false,
      },
    },
  }),
};

const CHAT_UPSTREAM: Target = {
  account: accountNamed("a", { platform: "openai", baseUrl: "https://chat.test/v1" }),
  model: "gpt-5.5",
  family: null,
  protocol: "chat",
  lane: MARKING,
  claims: true,
  asked: "claude-sonnet-4-5",
  step: 0,
};

const ADMISSION: Admission = {
  platforms: ["openai"],
  boundAccountId: null,
  boundGroupId: null,
  owner: "",
  costMultiplierMilli: 1_000,
  stickyAccountId: null,
  responseAccountId: null,
  allowedModels: [],
  deniedModels: [],
  modelAliases: {},
  grant: 1,
  settleWithinMs: 0,
  allowances: [],
};

/** What the client got of what the upstream answered, what it was sent, and how it was booked. */
async function relayed(upstream: Response, body: object, { lane = MARKING, unreadMs = 0 } = {}) {
  const sent: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    sent.push(await new Request(input).text());
    return upstream;
  });
  const booked: Settlement[] = [];
  const gate = { settle: async (_: string, settlements: Settlement[]) => void booked.push(...settlements) };
  const ctx = createExecutionContext();
  const http = new Request("https://relay.test/v1/messages", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 10, messages: [], ...body }),
  });
  const found = findRoute("POST", "/v1/messages", http.headers);
  if (!found) throw new Error("no route");
  const call: Call = {
    id: crypto.randomUUID(),
    http,
    url: new URL(http.url),
    env: { ...env, GATE: { getByName: () => gate } } as unknown as Env,
    ctx,
    ...found,
    search: "",
    client: "unknown",
    startedAt: Date.now(),
    resources: noResources(),
  };
  const request = await readRequest(call, call.resources.body);
  if (!request.ok) throw new Error(request.refusal.reason);
  const settle = settlementOf(call, crypto.randomUUID(), request.value, builtInPrices(), ADMISSION);
  const target = { ...CHAT_UPSTREAM, lane };
  const credential = { type: "api-key", secret: "sk" } as const;
  const deadline = Date.now() + 60_000;
  const came = await send(call.env, { call, request: request.value, target, credential, deadline });
  const fault = faultOf(target, came, Date.now());
  const reached: Reached = { sent: came, fault, lease: null, target, keyId: "k", attempts: [] };
  const criteria = { ...targetCriteriaOf(call, request.value), session: null, ...ADMISSION };
  const choice = { pool: EMPTY_POOL, targets: [target], criteria };
  const response = deliver(call, choice, reached, settle);
  await scheduler.wait(unreadMs);
  const got: Uint8Array[] = [];
  let broke = false;
  try {
    for await (const chunk of response.body ?? []) got.push(chunk);
  } catch {
    broke = true;
  }
  await waitOnExecutionContext(ctx);
  const text = got.map(decode).join("");
  return { sent, status: response.status, text, broke, fault, entry: booked[0]?.entry };
}

function streaming(events: readonly string[]): Response {
  return new Response(events.join(""), { headers: { "content-type": "text/event-stream" } });
}

const ROW = { model: "claude-sonnet-4-5", platform: "openai", protocol: "anthropic", upstreamProtocol: "chat" };

test("a stream is metered as the upstream's, and reaches the client through the lane; the row names both formats", async () => {
  const { sent, text, broke, entry } = await relayed(streaming(chat.streamOf(["one"])), { stream: true });
  expect(sent).toEqual(["gpt-5.5 is sent claude-sonnet-4-5"]);
  expect(text.replace(/[<>]/g, "")).toBe(`${chat.streamOf(["one"]).join("")}end\n\n`);
  expect(broke).toBe(false);
  const usage = { input: 12, cacheWrite5m: 30, cacheRead: 40, output: 57 };
  expect(entry).toMatchObject({ ...ROW, outcome: "completed", estimated: false, usage });
});

test("a stream that ends too early is ended with the client's own error event, and what it had is estimated from the upstream's", async () => {
  const events = chat.streamOf(["x".repeat(400)]).slice(0, 2);
  const { text, broke, entry } = await relayed(streaming(events), { stream: true });
  const [own = "", error = ""] = text.split(/(?=event: error)/);
  expect(own.replace(/[<>]/g, "")).toBe(`${events.join("")}end\n\n`);
  expect(error).toMatch(/^event: error\ndata: \{"type":"error","error":\{"type":"api_error","message":".+"\}\}\n\n$/);
  expect(broke).toBe(true);
  expect(entry).toMatchObject({ ...ROW, outcome: "upstream_broke", estimated: true, usage: { output: 100 } });
});

test("an error at the beginning of a stream is known by the upstream's format, and told through the lane", async () => {
  const error = '{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}';
  const { status, text, fault, entry } = await relayed(streaming([`data: ${error}\n\n`]), { stream: true });
  expect(fault).toMatchObject({ class: "request", status: 400 });
  expect([status, text]).toEqual([400, `[400]${error}`]);
  expect(entry).toMatchObject({ ...ROW, outcome: "refused" });
});

test("a whole answer is read as the upstream's, and reaches the client through the lane", async () => {
  const whole = JSON.stringify({ object: "chat.completion", choices: [], usage: chat.USED });
  const { status, text, entry } = await relayed(Response.json(JSON.parse(whole)), {});
  expect([status, text]).toEqual([200, `[200]${whole}`]);
  expect(entry).toMatchObject({ ...ROW, outcome: "completed", usage: { input: 12, output: 57 } });
});

test("an error with a good status is known by the upstream's format", async () => {
  const { fault } = await relayed(Response.json({ error: { message: "no", type: "billing_error" } }), {});
  expect(fault?.status).toBe(402);
});

test("what the relay itself has to say is in the client's format", async () => {
  const { status, text } = await relayed(
    new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }),
    {},
  );
  expect(status).toBe(502);
  expect(JSON.parse(text)).toMatchObject({ type: "error", error: { type: "api_error" } });
});

test("a client is pinged while its upstream is silent, but not while it does not read", async () => {
  const client = { protocol: "anthropic", envelope: null, usageUnasked: false, task: "answer" } as const;
  const lane = laneFor(client, "chat");
  if (!lane) throw new Error("no lane");
  // A look takes 20 ms here, and stands for 2.5 s.
  const looked = hurryInterval(2_500);
  const events = chat.streamOf(["one", "two"]);
  const silent = () => {
    const body = new ReadableStream({
      type: "bytes",
      async start(controller) {
        controller.enqueue(encode(events.slice(0, 2).join("")));
        await looked(20);
        controller.enqueue(encode(events.slice(2).join("")));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const pings = (text: string) => text.match(/event: ping/g)?.length ?? 0;
  const read = await relayed(silent(), { stream: true, messages: [{ role: "user", content: "hi" }] }, { lane });
  expect(pings(read.text)).toBeGreaterThan(1);
  const unread = await relayed(
    silent(),
    { stream: true, messages: [{ role: "user", content: "hi" }] },
    { lane, unreadMs: 2_500 },
  );
  expect(pings(unread.text)).toBe(0);
  for (const { text, entry } of [read, unread]) {
    expect(messagesViolations(text)).toEqual([]);
    expect(entry).toMatchObject({ ...ROW, outcome: "completed", estimated: false });
  }
});
