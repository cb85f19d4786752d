/** Who leaves while a provider's authorization server is asked for them: as production cancels an invocation, in the middle of an await. */
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { readToken, tokenKey } from "../../src/vault/grant.ts";
import { asAdmin, ORIGIN, signIn } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import {
  type Asked,
  ask,
  asked,
  type Behaviour,
  behave,
  makeKey,
  removeAccounts,
  settledOnce,
  until,
} from "../relay/relay-in-process.ts";
import { GOOGLE_TOKENS, json, LOADED } from "./google.ts";

const SLOW_MS = 400;
const CLAUDE_TOKENS = "https://platform.claude.com/v1/oauth/token";

beforeEach(async () => {
  behave({ status: 500 });
  await removeAccounts();
});
afterEach(() => vi.restoreAllMocks());

const tokens = (refresh: string) =>
  json({ access_token: `access-of-${refresh}`, refresh_token: refresh, expires_in: 28_800, token_type: "Bearer" });
const slow = (behaviour: Behaviour): Behaviour => ({ silentMs: SLOW_MS, ...behaviour });

/** A call of the admin API whose client leaves as soon as `when` is asked upstream. */
async function leaving(method: string, path: string, body: object | null, when: string): Promise<void> {
  const left = new AbortController();
  const headers = { authorization: `Bearer ${await signIn()}`, "content-type": "application/json" };
  const init = { method, headers, body: body && JSON.stringify(body), signal: left.signal };
  const call = exports.default.fetch(new Request(`${ORIGIN}${path}`, init)).catch(() => "left");
  await until(() => asked.some(({ url }) => url === when));
  left.abort();
  expect(await call).toBe("left");
}

async function finishOf(flow: string, fields: object): Promise<object> {
  const { body } = await asAdmin("POST", `/admin/oauth/${flow}/start`);
  const state = new URL(String(body.authorize_url)).searchParams.get("state");
  return { flow_id: body.flow_id, code: `code#${state}`, terms_acknowledged: true, ...fields };
}

const LOAD = "https://cloudcode-pa.googleapis.com/v1internal:loadCodeAssist";

test.each([
  ["for tokens", GOOGLE_TOKENS],
  ["for a project", LOAD],
])(
  "a code that is spent makes its account, also where whoever brought it leaves while Google is asked %s",
  async (_, when) => {
    behave(({ url }) => slow(url === GOOGLE_TOKENS ? tokens("refresh-1") : json(LOADED)));
    await leaving("POST", "/admin/oauth/google/finish", await finishOf("google", { name: "left" }), when);
    await eventually(async () => {
      const { items } = (await asAdmin("GET", "/admin/accounts")).body;
      expect(items).toMatchObject([{ name: "left", kind: "code-assist" }]);
      expect(readToken(await env.KV.get(tokenKey(items[0]?.id ?? "")))?.version).toBe(2);
    });
  },
);

test("who signs in again and leaves while the code is exchanged has the new sign-in all the same", async () => {
  const made = { name: "subscription", platform: "anthropic", kind: "oauth", terms_acknowledged: true };
  const oauth = { access_token: "access-old", refresh_token: "refresh-old", expires_at: 4_000_000_000 };
  const { body } = await asAdmin("POST", "/admin/accounts", { ...made, oauth });
  const grantOf = async () => readToken(await env.KV.get(tokenKey(body.id)))?.grantId;
  await eventually(async () => expect(await grantOf()).toBeDefined());
  const before = await grantOf();
  behave(slow(tokens("refresh-new")));
  const finish = await finishOf("claude", { account_id: body.id });
  await leaving("POST", "/admin/oauth/claude/finish", finish, CLAUDE_TOKENS);
  await eventually(async () => expect(await grantOf()).not.toBe(before));
});

test("a client that leaves while its account's refused token is renewed frees all, and the next one has the new token", async () => {
  const made = { name: "subscription", platform: "anthropic", kind: "oauth", terms_acknowledged: true, shared: true };
  const oauth = { access_token: "access-old", refresh_token: "refresh-old", expires_at: 4_000_000_000 };
  const account = await asAdmin("POST", "/admin/accounts", { ...made, oauth, max_concurrency: 1 });
  expect(account.status).toBe(201);
  const key = await makeKey({ concurrency_limit: 1 });
  const answer = {
    ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5" },
    ...{ content: [{ type: "text", text: "OK" }], usage: { input_tokens: 9, output_tokens: 1 } },
  };
  behave(({ url, headers }: Asked) => {
    if (url === CLAUDE_TOKENS) return slow(tokens("refresh-new"));
    const isNew = headers.get("authorization") === "Bearer access-of-refresh-new";
    const error = { type: "authentication_error", message: "OAuth token has expired." };
    return isNew ? json(answer) : json({ type: "error", error }, 401);
  });
  forgetSnapshot();
  const left = new AbortController();
  const asking = { headers: { "user-agent": "claude-cli/2.1.0 (external, cli)" }, body: { stream: false } };
  const first = ask(key.key, { ...asking, signal: left.signal }).catch(() => "left");
  await until(() => asked.some(({ url }) => url === CLAUDE_TOKENS));
  left.abort();
  expect(await first).toBe("left");
  expect(await settledOnce(key.id)).toMatchObject({ outcome: "client_left" });
  await eventually(async () => {
    const next = await ask(key.key, asking);
    expect([next.status, await next.text()]).toEqual([200, expect.stringContaining("OK")]);
  });
  expect(asked.filter(({ url }) => url === CLAUDE_TOKENS)).toHaveLength(1);
});
