/** Where memory can be collected on demand: what a stream that goes on for an hour still holds of its request. */
import { env } from "cloudflare:workers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test, vi } from "vitest";
import { targetOf } from "../../src/pool/target.ts";
import type { Lane } from "../../src/protocols/translate/lane.ts";
import { laneFor } from "../../src/protocols/translate/lane-for.ts";
import { PROTOCOLS, type Protocol } from "../../src/protocols/wire.ts";
import { UNCOUNTED } from "../../src/relay/body-hold.ts";
import { readRequest } from "../../src/relay/request.ts";
import { findRoute } from "../../src/relay/routes.ts";
import { send } from "../../src/relay/send.ts";
import { CLIENTS, UPSTREAMS } from "../front/formats.ts";
import { accountNamed } from "../pool/accounts.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

const PAIRS = PROTOCOLS.flatMap((from) =>
  PROTOCOLS.flatMap((to) => {
    const client = { protocol: from, envelope: null, usageUnasked: false, task: "answer" } as const;
    return [false, true].flatMap((enveloped) => {
      const lane = enveloped && to !== "gemini" ? null : laneFor(client, to, enveloped);
      return lane ? [{ from, to, lane, form: enveloped ? "in an envelope" : "bare" }] : [];
    });
  }),
);

/** A stream under way, its request read, parsed and sent; what is held of that is `made`. */
async function begun(from: Protocol, to: Protocol, lane: Lane) {
  const client = CLIENTS[from];
  const { stream } = UPSTREAMS[to];
  const made: Record<string, WeakRef<object>> = {};
  const noting: Lane = {
    open: (...asked) => {
      const opened = lane.open(...asked);
      if (opened.ok) made.lane = new WeakRef(opened.value.body);
      return opened;
    },
  };
  const target = targetOf(accountNamed("a", { baseUrl: "https://upstream.test" }), "m", to, noting);
  // No spy: it would keep what it was called with.
  globalThis.fetch = async (input) => {
    await new Request(input).text();
    const [first = "", ...rest] = stream(["Hello "]);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode([first, ...rest].join(""))),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
  const path = client.path("m", true);
  const http = new Request(`https://relay.test${path}`, {
    method: "POST",
    body: JSON.stringify(client.body("m", true)),
  });
  const found = findRoute("POST", new URL(http.url).pathname, http.headers);
  if (!found) throw new Error("no route");
  const call = { id: "1", http, ...found, search: "", startedAt: Date.now() };
  const request = await readRequest(call, UNCOUNTED);
  if (!request.ok) throw new Error("refused");
  const parsed = request.value.json();
  if (!parsed) throw new Error("not parsed");
  Object.assign(made, { bytes: new WeakRef(request.value.body), parsed: new WeakRef(parsed) });
  const credential = { type: "api-key", secret: "sk" } as const;
  const deadline = Date.now() + 60_000;
  const sent = await send(env, { call, request: request.value, target, credential, deadline });
  if (sent.kind !== "stream") throw new Error(sent.kind);
  return { made, sent, http, stage: sent.answer.stage() };
}

test.each(PAIRS)(
  "a running stream holds nothing of its request's body: from $from to $to, $form",
  async ({ from, to, lane }) => {
    const { made, ...held } = await begun(from, to, lane);
    await vi.waitFor(
      () => {
        collect();
        expect(Object.keys(made).filter((name) => made[name]?.deref() !== undefined)).toEqual([]);
      },
      { timeout: 2_000 },
    );
    expect(held.sent.kind).toBe("stream");
    held.sent.stream.abort();
    expect(held.http.signal.aborted).toBe(false);
  },
);
