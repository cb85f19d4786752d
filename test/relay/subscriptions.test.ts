/** Accounts that somebody has signed in to serve the client they were issued for, in its own bytes, and their owner's keys. */
import { exports } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts } from "./relay-in-process.ts";

const CLAUDE_CODE = {
  "user-agent": "claude-cli/2.1.0 (external, cli)",
  "anthropic-version": "2023-06-01",
  "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
  "x-app": "cli",
};
const ANSWER = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};

beforeEach(async () => {
  await removeAccounts();
  behave({ headers: { "content-type": "application/json" }, chunks: [JSON.stringify(ANSWER)] });
});
afterEach(() => vi.restoreAllMocks());

async function subscription(fields: object = {}) {
  return asAdmin("POST", "/admin/accounts", {
    name: "subscription",
    platform: "anthropic",
    kind: "oauth",
    base_url: "https://subscription.test",
    oauth: {
      access_token: "access-1",
      refresh_token: "refresh-1",
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    },
    terms_acknowledged: true,
    ...fields,
  });
}

let conversations = 0;

/** Each in a conversation of its own: none stays with the account of another. */
async function answered(key: string, headers: Record<string, string>, path = "/v1/messages") {
  forgetSnapshot();
  const messages = [{ role: "user", content: `hello ${conversations++}` }];
  const response = await ask(key, { path, headers, body: { stream: false, messages } });
  return { status: response.status, text: await response.text() };
}

test("Claude Code's bytes arrive untouched, under the token alone, with the one beta flag that it needs", async () => {
  await subscription();
  const { key } = await makeKey();
  const body = { stream: false, metadata: { user_id: "user_1" }, model: "claude-sonnet-4-5", max_tokens: 9 };
  forgetSnapshot();
  const response = await ask(key, { headers: CLAUDE_CODE, body });
  expect(response.status).toBe(200);
  await response.text();
  const [sent] = asked;
  expect(sent?.url).toBe("https://subscription.test/v1/messages");
  const messages = [{ role: "user", content: "hello" }];
  expect(sent?.body).toBe(
    JSON.stringify({ model: "claude-sonnet-4-5", max_tokens: 9, stream: false, messages, metadata: body.metadata }),
  );
  expect(Object.fromEntries(sent?.headers ?? [])).toEqual({
    ...CLAUDE_CODE,
    "accept-encoding": "identity",
    "content-type": "application/json",
    "anthropic-beta": `${CLAUDE_CODE["anthropic-beta"]},oauth-2025-04-20`,
    authorization: "Bearer access-1",
  });
});

test("a loop of tools with signed thinking arrives byte for byte, however it is written", async () => {
  await subscription();
  const { key } = await makeKey();
  const turns = [
    String.raw`{"role":"user","content":[{"type":"text","text":"ls \u00e9","cache_control":{"type":"ephemeral"}}]}`,
    `{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"EqQBCkYIBxgCKkA9"},  {"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls","n":1.0}}]}`,
    `{"content":[{"tool_use_id":"toolu_1","type":"tool_result","content":"a.txt"}],"role":"user"}`,
  ];
  for (let turn = 1; turn <= turns.length; turn += 2) {
    const body = `{ "model":"claude-sonnet-4-5",\n\t"messages":[${turns.slice(0, turn)}],"max_tokens":1.0e2,"metadata":{"user_id":"u"} }`;
    forgetSnapshot();
    const response = await exports.default.fetch(
      new Request("https://relay.test/v1/messages?beta=true", {
        method: "POST",
        headers: { ...CLAUDE_CODE, "x-api-key": key, "content-type": "application/json" },
        body,
      }),
    );
    expect(response.status, await response.text()).toBe(200);
    expect(asked.at(-1)).toMatchObject({ body, url: "https://subscription.test/v1/messages?beta=true" });
  }
});

test("a client that sends the flag itself is sent on with its header as it is", async () => {
  await subscription();
  const { key } = await makeKey();
  const beta = "oauth-2025-04-20,claude-code-20250219";
  expect((await answered(key, { ...CLAUDE_CODE, "anthropic-beta": beta })).status).toBe(200);
  expect(asked[0]?.headers.get("anthropic-beta")).toBe(beta);
});

test("another client gets a 403 that says why, and nothing is sent", async () => {
  await subscription();
  const { key } = await makeKey();
  const { status, text } = await answered(key, { "user-agent": "Anthropic/JS 0.70.0" });
  expect(status).toBe(403);
  const { error } = JSON.parse(text);
  expect(error.type).toBe("permission_error");
  expect(error.message).toContain(
    "serve only the client they were issued for (claude_code), not this one (anthropic_sdk)",
  );
  expect(asked).toEqual([]);
});

test("another client gets the account with a key, where the pool has one; Claude Code the subscription before it", async () => {
  await subscription({ priority: 1 });
  const { origin } = await makeAccount({ priority: 2 });
  const { key } = await makeKey();
  expect((await answered(key, { "user-agent": "Anthropic/JS 0.70.0" })).status).toBe(200);
  expect((await answered(key, CLAUDE_CODE)).status).toBe(200);
  expect(asked.map(({ url }) => new URL(url).origin)).toEqual([origin, "https://subscription.test"]);
});

test("a request in another format is never translated for it, whoever claims to have sent it", async () => {
  await subscription();
  const { key } = await makeKey();
  const { status } = await answered(key, CLAUDE_CODE, "/v1/chat/completions");
  // Where a lane leads from Chat to Messages, there are accounts that it could use; else there are none.
  expect([403, 404]).toContain(status);
  expect(asked).toEqual([]);
});

test("it serves keys of its owner; those of others only where it is shared", async () => {
  const { body } = await subscription({ owner: "ada" });
  const [own, other] = [await makeKey({ owner: "ada" }), await makeKey({ owner: "bob" })];
  expect((await answered(own.key, CLAUDE_CODE)).status).toBe(200);
  const refused = await answered(other.key, CLAUDE_CODE);
  expect(refused.status).toBe(403);
  expect(JSON.parse(refused.text).error.message).toContain("somebody's own subscriptions");
  await asAdmin("PATCH", `/admin/accounts/${body.id}`, { shared: true });
  expect((await answered(other.key, CLAUDE_CODE)).status).toBe(200);
  await asAdmin("PATCH", `/admin/accounts/${body.id}`, { shared: false });
  await asAdmin("PATCH", `/admin/api-keys/${other.id}`, { owner: "ada" });
  expect((await answered(other.key, CLAUDE_CODE)).status).toBe(200);
});

test("without an acknowledgement of the terms it is not added, and the sentence is in the refusal", async () => {
  const { status, body } = await subscription({ terms_acknowledged: undefined });
  expect(status).toBe(400);
  expect(body.error.details).toEqual([
    expect.objectContaining({ field: "terms_acknowledged", message: expect.stringContaining("Anthropic's terms") }),
  ]);
});

test.each([
  ["no refresh token", { oauth: { access_token: "a" } }],
  ["another client's file", { oauth: undefined, credentials_file: '{"tokens":{"access_token":"a"}}' }],
  ["a file that is no JSON", { oauth: undefined, credentials_file: "secret-token" }],
  ["both forms", { credentials_file: "{}" }],
  ["a key", { api_key: "sk-ant-1" }],
  ["nothing", { oauth: undefined }],
])("%s is refused, and no token is repeated", async (_, fields) => {
  const { status, body } = await subscription(fields);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).not.toMatch(/secret-token|refresh-1|access-1/);
});

test("Claude Code's own credentials file is taken as it is pasted, as text or as an object", async () => {
  const file = {
    claudeAiOauth: {
      accessToken: "access-of-file",
      refreshToken: "refresh-of-file",
      expiresAt: Date.now() + 3_600_000,
      scopes: ["user:inference"],
      subscriptionType: "max",
    },
  };
  for (const credentials_file of [file, JSON.stringify(file)]) {
    await removeAccounts();
    expect((await subscription({ oauth: undefined, credentials_file })).status).toBe(201);
    const { key } = await makeKey();
    expect((await answered(key, CLAUDE_CODE)).status).toBe(200);
    expect(asked.at(-1)?.headers.get("authorization")).toBe("Bearer access-of-file");
  }
});

test("a list of models is another client's affair no more than a message is", async () => {
  await subscription();
  const { key } = await makeKey();
  forgetSnapshot();
  const list = new Request("https://relay.test/v1/models", {
    headers: { "x-api-key": key, "anthropic-version": "2023-06-01" },
  });
  const response = await exports.default.fetch(list);
  expect(response.status).toBe(403);
  expect(await response.text()).toContain("The accounts of this relay are subscriptions");
  expect(asked).toEqual([]);
});

test("a token that was replaced where it came from is renewed at its first refusal, and the request is served", async () => {
  await subscription();
  const { key } = await makeKey();
  behave(({ url, headers }) => {
    const json = { "content-type": "application/json" };
    if (url.includes("/oauth/token"))
      return { headers: json, chunks: ['{"access_token":"access-2","refresh_token":"refresh-2","expires_in":3600}'] };
    return headers.get("authorization") === "Bearer access-2"
      ? { headers: json, chunks: [JSON.stringify(ANSWER)] }
      : {
          status: 401,
          headers: json,
          chunks: ['{"type":"error","error":{"type":"authentication_error","message":"no"}}'],
        };
  });
  expect((await answered(key, CLAUDE_CODE)).status).toBe(200);
  expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual([
    "Bearer access-1",
    null,
    "Bearer access-2",
  ]);
});

test("a check of it sends nothing: the relay is not the client that it was issued for", async () => {
  const { body } = await subscription();
  const checked = await asAdmin("POST", `/admin/accounts/${body.id}/test?stream=false`);
  expect(checked.body).toMatchObject({
    ok: true,
    results: [{ ok: true, diagnosis: expect.stringContaining("It is signed in") }],
  });
  expect(asked).toEqual([]);
});
