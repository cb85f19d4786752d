/** The accounts as an isolate remembers them, through the front door: no client's departure is felt by another. */
import { env, exports } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { forgetSnapshot, loadPool } from "../../src/store/snapshot.ts";
import { asAdmin, ORIGIN } from "../admin/client.ts";
import { eventually } from "../eventually.ts";

afterEach(() => vi.restoreAllMocks());

const ANSWER = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-haiku-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};

async function makeKey(): Promise<string> {
  const account = { platform: "anthropic", kind: "api-key", api_key: "sk-0123456789", base_url: "https://up.example" };
  await asAdmin("POST", "/admin/accounts", { name: "up", ...account });
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json(ANSWER));
  return (await asAdmin("POST", "/admin/api-keys", { name: "k" })).body.api_key;
}

function ask(key: string, signal?: AbortSignal): Promise<Response> {
  const request = new Request(`${ORIGIN}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
    ...(signal && { signal }),
  });
  return exports.default.fetch(request);
}

/** Makes D1 slow to say what version it is at. Answers how often it was asked. */
function slowVersions(ms: number) {
  const prototype = Object.getPrototypeOf(env.DB) as D1Database;
  const real = prototype.prepare;
  const asked = { times: 0 };
  vi.spyOn(prototype, "prepare").mockImplementation(function (this: D1Database, sql: string) {
    const statement = real.call(this, sql);
    if (!sql.includes('from "settings"')) return statement;
    const bind = statement.bind.bind(statement);
    statement.bind = (...values: unknown[]) => {
      const bound = bind(...values);
      const raw = bound.raw.bind(bound);
      bound.raw = (async () => {
        asked.times++;
        await scheduler.wait(ms);
        return raw();
      }) as typeof bound.raw;
      return bound;
    };
    return statement;
  });
  return asked;
}

test("a client that leaves during the version check leaves no other waiting for it", async () => {
  const key = await makeKey();
  forgetSnapshot();
  const asked = slowVersions(300);
  const leaving = new AbortController();
  const left = ask(key, leaving.signal).catch((error: unknown) => error);
  await eventually(() => expect(asked.times).toBe(1));
  leaving.abort();
  await left;
  const response = await ask(key);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ id: "msg_1" });
}, 30_000);

test("no request waits for the version check while what is remembered is not older than a minute", async () => {
  await makeKey();
  const now = Date.now();
  const pool = await loadPool(env, now);
  const asked = slowVersions(60_000);
  expect(loadPool(env, now + 9_999)).toBe(pool);
  expect(asked.times).toBe(0);
  expect([10_000, 15_000, 59_999].map((ms) => loadPool(env, now + ms))).toEqual([pool, pool, pool]);
  // One that hangs does not keep the next look from being made.
  await eventually(() => expect(asked.times).toBeGreaterThanOrEqual(2));
});
