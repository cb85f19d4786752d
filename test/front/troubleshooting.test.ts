/**
 * Each entry of `docs/troubleshooting.md` provoked for real, and what the page says to do done about it: it must help. Entries that
 * need Cloudflare, or a relay of their own, name the test that provokes them there.
 */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../scripts/start/ports.ts";
import { wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const root = new URL("../../", import.meta.url);

beforeAll(() => relay.start());
afterAll(() => relay.stop());
beforeEach(async () => {
  await relay.forgiveAccounts();
  relay.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [wholeMessage("ok")] });
});

interface Account {
  id: string;
  base_url: string;
}
const account = async () => {
  const [first] = (await relay.admin<{ items: Account[] }>("GET", "/admin/accounts")).items;
  if (!first) throw new Error("There is no account");
  return first;
};
const patchKey = (id: string, fields: object) => relay.admin("PATCH", `/admin/api-keys/${id}`, fields);
const good = async (response: Promise<Response> | Response) => {
  const { status, ok } = await response;
  expect(ok, String(status)).toBe(true);
};
async function refused(response: Promise<Response>, status: number, words: string): Promise<Response> {
  const answer = await response;
  const text = await answer.text();
  expect({ status: answer.status, text }).toEqual({ status, text: expect.stringContaining(words) });
  return answer;
}

const CHAT = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  model: "gpt-5.5",
  choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

/** By the beginning of the entry's first cell. */
const PROVOKED: Record<string, () => Promise<unknown>> = {
  "401 “not issued by this relay, or it is damaged”": async () => {
    const { api_key: key } = await relay.makeKey();
    await refused(relay.messages(key.slice(0, -3)), 401, "not issued by this relay, or it is damaged");
    await good(relay.messages(key));
  },
  "401 “Two different API keys”": async () => {
    const [one, other] = [await relay.makeKey(), await relay.makeKey()];
    const headers = { authorization: `Bearer ${other.api_key}` };
    await refused(relay.messages(one.api_key, {}, { headers }), 401, "Two different API keys");
    await good(relay.messages(one.api_key));
  },
  "401 “does not exist”, “is disabled”, “expired”": async () => {
    const { id, api_key: key } = await relay.makeKey();
    await patchKey(id, { enabled: false });
    await refused(relay.messages(key), 401, "is disabled");
    await patchKey(id, { enabled: true, expires_at: new Date(Date.now() - 1_000).toISOString() });
    await refused(relay.messages(key), 401, "expired");
    const { items } = await relay.admin<{ items: { id: string }[] }>("GET", `/admin/api-keys?search=${key}`);
    expect(items.map((each) => each.id)).toEqual([id]);
    await patchKey(id, { expires_at: null });
    await good(relay.messages(key));
    await relay.admin("DELETE", `/admin/api-keys/${id}`);
    await refused(relay.messages(key), 401, "does not exist");
  },
  "403 `permission_error`": async () => {
    const { id, api_key: key } = await relay.makeKey({ allowed_clients: ["codex"] });
    await refused(relay.messages(key), 403, "permission_error");
    await patchKey(id, { allowed_clients: [] });
    await good(relay.messages(key));
  },
  "404 “There is no POST …”": async () => {
    const { api_key: key } = await relay.makeKey();
    await refused(relay.messages(key, {}, { path: "/v2/messages" }), 404, "There is no POST");
    await good(relay.messages(key, {}, { path: "/api/v1/messages" }));
  },
  "404 “may not use the model”": async () => {
    const { id, api_key: key } = await relay.makeKey({ denied_models: ["claude-*"] });
    await refused(relay.messages(key), 404, "may not use the model");
    await patchKey(id, { denied_models: [] });
    await good(relay.messages(key));
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const body = JSON.stringify({ model: "gpt-5.5", messages: [{ role: "user", content: "hello" }] });
    const chat = () => relay.fetch("/openai/v1/chat/completions", { method: "POST", headers, body });
    await refused(chat(), 404, "serves the model");
    const chatAccount = {
      name: "chat",
      platform: "openai",
      kind: "api-key",
      base_url: `${(await account()).base_url}/v1`,
    };
    const added = await relay.admin<{ id: string }>("POST", "/admin/accounts", { ...chatAccount, api_key: "sk-chat" });
    relay.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [CHAT] });
    await expect.poll(async () => (await chat()).status).toBe(200);
    await relay.admin("DELETE", `/admin/accounts/${added.id}`);
  },
  "400 that names a member": async () => {
    const { api_key: key } = await relay.makeKey();
    const twice = '{"model":"claude-sonnet-4-5","model":"claude-opus-5","max_tokens":9,"messages":[]}';
    await refused(relay.messages(key, twice), 400, "model");
    await good(relay.messages(key));
  },
  "413, 415": async () => {
    const { api_key: key } = await relay.makeKey();
    const encoded = { headers: { "content-encoding": "compress" } };
    await refused(relay.messages(key, {}, encoded), 415, "encoding");
    await good(relay.messages(key));
  },
  "424 “refused this relay's own account”": async () => {
    const { api_key: key } = await relay.makeKey();
    const error = { type: "authentication_error", message: "invalid x-api-key" };
    const headers = { "content-type": "application/json" };
    relay.upstream.behave({ status: 401, headers, chunks: [JSON.stringify({ type: "error", error })] });
    await refused(relay.messages(key), 424, "refused this relay's own account");
    const { id } = await account();
    relay.upstream.behave({ headers, chunks: [wholeMessage("ok")] });
    await relay.admin("PATCH", `/admin/accounts/${id}`, { api_key: "sk-a-new-one" });
    await expect.poll(async () => (await relay.messages(key)).status).toBe(200);
  },
  "429 `billing_error`": async () => {
    const { id, api_key: key } = await relay.makeKey({ total_cost_limit_usd: "0.000001" });
    await (await relay.messages(key)).text();
    await relay.rows(id, 1);
    await refused(relay.messages(key), 429, "billing_error");
    await patchKey(id, { total_cost_limit_usd: "5" });
    await good(relay.messages(key));
  },
  "429 `rate_limit_error`": async () => {
    const { id, api_key: key } = await relay.makeKey({ rate_limit_window_minutes: 60, rate_limit_requests: 1 });
    await (await relay.messages(key)).text();
    const answer = await refused(relay.messages(key), 429, "rate_limit_error");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    await patchKey(id, { rate_limit_requests: 100 });
    await good(relay.messages(key));
  },
  "426": async () => {
    const { api_key: key } = await relay.makeKey();
    const status = await new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${key}`,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      };
      const asked = request(`${relay.url}/openai/responses`, { headers }, (answer) => resolve(answer.statusCode));
      asked.on("error", reject).end();
    });
    expect(status).toBe(426);
  },
  "502 “The upstream failed”": async () => {
    const { api_key: key } = await relay.makeKey();
    const { id, base_url: address } = await account();
    await relay.admin("PATCH", `/admin/accounts/${id}`, {
      base_url: `http://127.0.0.1:${await freePort()}`,
      api_key: "sk-x",
    });
    await expect.poll(async () => (await relay.messages(key)).status).toBe(502);
    await relay.admin("PATCH", `/admin/accounts/${id}`, { base_url: address, api_key: "sk-x" });
    await relay.forgiveAccounts();
    await expect.poll(async () => (await relay.messages(key)).status).toBe(200);
  },
  "a request is missing in the log": async () => {
    const { id, api_key: key } = await relay.makeKey();
    await (await relay.messages(key)).text();
    expect(await relay.rows(id, 1)).toHaveLength(1);
  },
};

/** Where else they are provoked, and by which words of that test. Null: nothing here can, for Cloudflare itself is what answers. */
const ELSEWHERE: Record<string, readonly [file: string, words: string] | null> = {
  "403 with a web page": null,
  "400 “the accounts that serve this model …”": ["test/relay/large-values.test.ts", "previous_response_id"],
  "`x-edge-relay-dropped` in an answer": ["test/relay/translation.test.ts", "x-edge-relay-dropped"],
  "403 “subscriptions, which serve only the client": ["test/relay/subscriptions.test.ts", "only the client they were"],
  "413 “speak another format”": ["test/relay/translated-values.test.ts", "413"],
  "502 with `region_blocked`": ["test/providers/fault-cases.ts", "region_blocked"],
  "503 “cannot read its accounts”": ["test/chaos/chaos.test.ts", "D1"],
  "424 “used up what Cloudflare's free plan": ["test/admin/health.test.ts", "objects have used up their allowance"],
  "503 `allowance_used_up`": ["test/admin/health.test.ts", "allowance_used_up"],
  "503 “cannot check this key's limits”": ["test/relay/door.test.ts", "a gate that does not answer"],
  "a stream ends with an `error` event": ["test/front/matrix.test.ts", "upstream"],
  "error 1102": null,
  "error 1027": null,
  "nothing answers at all": ["test/front/command-line-doctor.test.ts", "access_in_front"],
  "console: 503 `schema_stale`": ["test/front/command-line-doctor.test.ts", "schema_stale"],
  "console: 429 at sign-in": ["test/admin/sessions.test.ts", "429"],
  "console: 503 at sign-in": ["test/admin/sessions.test.ts", "configuration_error"],
  "console: the session ended": ["test/admin-console/session.test.ts", "a session that ends"],
  "`npm start`: port in use, data in use": ["test/scripts/start/start.test.ts", "is already in use"],
};

const entries = (
  /\| what you see[^\n]*\n[^\n]*\n((?:\|.*\n)+)/.exec(
    readFileSync(new URL("docs/troubleshooting.md", root), "utf8"),
  )?.[1] ?? ""
)
  .split("\n")
  .flatMap((row) => /^\| (.*?) +\|/.exec(row)?.[1] ?? []);

describe("troubleshooting", () => {
  it("has an entry for all that is provoked, and all of it is", () => {
    expect(entries.length).toBeGreaterThan(25);
    const known = [...Object.keys(PROVOKED), ...Object.keys(ELSEWHERE)];
    expect(entries.filter((entry) => !known.some((start) => entry.startsWith(start)))).toEqual([]);
    expect(known.filter((start) => !entries.some((entry) => entry.startsWith(start)))).toEqual([]);
    for (const [file, words] of Object.values(ELSEWHERE).filter((each) => each !== null))
      expect(readFileSync(new URL(file, root), "utf8"), file).toContain(words);
  });

  it.each(Object.entries(PROVOKED))("%s is seen, and what is done about it helps", async (_entry, provoke) => {
    await provoke();
  });
});
