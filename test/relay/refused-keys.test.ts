/** A key that is revoked, and requests that use nothing up, cost the relay little, however many there are. */
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { KeyGate } from "../../src/gate/gate.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { event, streamOf } from "../front/messages.ts";
import { ask, behave, makeAccount, makeKey, rows } from "./relay-in-process.ts";

beforeAll(async () => {
  await makeAccount();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A request whose body says how much of it was taken. */
function watched(key: string): { request: Request; taken: () => number } {
  let taken = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken++;
        controller.enqueue(new TextEncoder().encode(taken === 1 ? '{"model":"m","messages":[' : " "));
        if (taken > 100) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { "x-api-key": key, "content-type": "application/json" };
  return {
    request: new Request("https://relay.test/v1/messages", { method: "POST", headers, body }),
    taken: () => taken,
  };
}

describe("a key that has just been refused", () => {
  test.each([
    ["disabled", (id: string) => asAdmin("PATCH", `/admin/api-keys/${id}`, { enabled: false })],
    ["deleted", (id: string) => asAdmin("DELETE", `/admin/api-keys/${id}`)],
  ])("because it is %s is refused again without its body and without its gate", async (_, revoke) => {
    behave({ chunks: streamOf(["ok"]) });
    const { id, key } = await makeKey();
    expect((await ask(key)).status).toBe(200);
    await revoke(id);
    expect((await ask(key)).status).toBe(401);
    const admit = vi.spyOn(KeyGate.prototype, "admit");
    const { request, taken } = watched(key);
    expect((await exports.default.fetch(request)).status).toBe(401);
    // The runtime takes a first piece by itself.
    expect(taken()).toBeLessThanOrEqual(1);
    expect(admit).not.toHaveBeenCalled();
  });

  test("is served again at once where it was enabled, and elsewhere within five seconds", async () => {
    behave({ chunks: streamOf(["ok"]) });
    const { id, key } = await makeKey();
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { enabled: false });
    expect((await ask(key)).status).toBe(401);
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { enabled: true });
    expect((await ask(key)).status).toBe(200);
  });
});

test("token counts and lists of a key obey a rate; its generations, and other keys, do not", async () => {
  behave(({ url }) =>
    url.includes("count_tokens")
      ? { headers: { "content-type": "application/json" }, chunks: ['{"input_tokens":7}'] }
      : { chunks: [event({ type: "ping" }), ...streamOf(["ok"])] },
  );
  const [busy, other] = [await makeKey(), await makeKey()];
  const count = (key: string) => ask(key, { path: "/v1/messages/count_tokens", body: { stream: undefined } });
  const list = (key: string) =>
    exports.default.fetch("https://relay.test/v1/models", { headers: { "x-api-key": key } });
  expect(await (await count(busy.key)).json()).toEqual({ input_tokens: 7 });
  for (const unmetered of [count, list]) {
    // The count may begin anew between the two.
    const refused = await eventually(async () => {
      await useUpRate(busy.id);
      const response = await unmetered(busy.key);
      expect(response.status).toBe(429);
      return response;
    });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  expect((await count(other.key)).status).toBe(200);
  await (await ask(busy.key)).text();
  expect(await rows(busy.id)).toHaveLength(1);
});

/** What 600 requests of the key would do. */
async function useUpRate(keyId: string): Promise<void> {
  for (let used = 0; used <= 600; used++) {
    if (!(await env.UNMETERED_LIMIT.limit({ key: keyId })).success) return;
  }
  throw new Error("No request was refused");
}
