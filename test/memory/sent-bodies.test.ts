/** Where memory can be collected on demand: what a request that waits for its answer still holds of what it has sent. */
import { env } from "cloudflare:workers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test, vi } from "vitest";
import { targetOf } from "../../src/pool/target.ts";
import { AS_IT_IS, type Lane } from "../../src/protocols/translate/lane.ts";
import { UNCOUNTED } from "../../src/relay/body-hold.ts";
import { readRequest } from "../../src/relay/request.ts";
import { findRoute } from "../../src/relay/routes.ts";
import { send } from "../../src/relay/send.ts";
import { accountNamed } from "../pool/accounts.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

afterEach(() => vi.restoreAllMocks());

test("of the body that a lane has made nothing is held while its answer is waited for", async () => {
  const made: WeakRef<Uint8Array>[] = [];
  const body = () => {
    const bytes = new TextEncoder().encode("x".repeat(1_000_000));
    made.push(new WeakRef(bytes));
    return bytes;
  };
  const lane: Lane = {
    open: () => ({ ok: true, value: { body, endpoint: null, instead: () => null, answer: AS_IT_IS } }),
  };
  const target = targetOf(accountNamed("a", { baseUrl: "https://upstream.test" }), "m", "anthropic", lane);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<Response>();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    await new Request(input).text();
    asked.resolve();
    return answer.promise;
  });
  const http = new Request("https://relay.test/v1/messages", {
    method: "POST",
    body: JSON.stringify({ model: "m", max_tokens: 1, messages: [] }),
  });
  const found = findRoute("POST", "/v1/messages", http.headers);
  if (!found) throw new Error("no route");
  const call = { id: "1", http, ...found, search: "", startedAt: Date.now() };
  const request = await readRequest(call, UNCOUNTED);
  if (!request.ok) throw new Error("refused");
  const credential = { type: "api-key", secret: "sk" } as const;
  const deadline = Date.now() + 60_000;
  const sent = send(env, { call, request: request.value, target, credential, deadline });
  await asked.promise;
  await vi.waitFor(
    () => {
      collect();
      expect(made.filter((one) => one.deref() !== undefined)).toEqual([]);
    },
    { timeout: 5_000 },
  );
  expect(made).toHaveLength(1);
  answer.resolve(Response.json({}));
  expect((await sent).kind).toBe("whole");
});
