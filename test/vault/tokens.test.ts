/** The vault of an account in its Keeper, and requests that need its token, against an authorization server that punishes reuse. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { readToken, type StoredGrant, tokenKey } from "../../src/vault/grant.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import {
  type Asked,
  ask,
  asked,
  type Behaviour,
  behave,
  makeKey,
  removeAccounts,
  until,
} from "../relay/relay-in-process.ts";
import { AuthorizationServer, type Family } from "./authorization-server.ts";

const TOKEN_URL = "https://platform.claude.com/v1/oauth/token";
const CLAUDE_CODE = { "user-agent": "claude-cli/2.1.0 (external, cli)" };
const JSON_TYPE = { "content-type": "application/json" };
const MINUTE = 60_000;
const ANSWER = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};

let server: AuthorizationServer;
/** The clock never goes back, not from test to test either: what an isolate remembers has its time. */
let later = 0;
const now = Date.now;

beforeEach(async () => {
  server = new AuthorizationServer();
  vi.spyOn(Date, "now").mockImplementation(() => now() + later);
  await removeAccounts();
});
afterEach(() => vi.restoreAllMocks());

function tokensAsked(): Asked[] {
  return asked.filter(({ url }) => url.includes("/oauth/token"));
}

/** The upstream takes the newest token only; `renewal` says what the authorization server does, if not its duty. */
function provider(renewal: (one: Asked) => Behaviour | null = () => null): void {
  behave((one) => {
    if (one.url.includes("/oauth/token")) {
      const own = renewal(one);
      if (own) return own;
      const { status, body } = server.renew(one.body);
      return { status, headers: JSON_TYPE, chunks: [JSON.stringify(body)] };
    }
    if (!server.accepts(one.headers.get("authorization"))) {
      const error = { type: "error", error: { type: "authentication_error", message: "OAuth token has expired." } };
      return { status: 401, headers: JSON_TYPE, chunks: [JSON.stringify(error)] };
    }
    return { headers: JSON_TYPE, chunks: [JSON.stringify(ANSWER)] };
  });
}

async function signedIn(family: Family, expiresAt: number, fields: object = {}): Promise<string> {
  const { status, body } = await asAdmin("POST", "/admin/accounts", {
    name: "subscription",
    platform: "anthropic",
    kind: "oauth",
    oauth: {
      access_token: family.access,
      refresh_token: family.refresh,
      expires_at: new Date(expiresAt).toISOString(),
    },
    terms_acknowledged: true,
    ...fields,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  forgetSnapshot();
  return body.id;
}

async function stored(id: string): Promise<StoredGrant> {
  const grant = await runInDurableObject(env.KEEPER.getByName(id), (_, ctx) =>
    ctx.storage.kv.get<StoredGrant>("grant"),
  );
  if (!grant) throw new Error(`${id} has no sign-in`);
  return grant;
}

async function answered(key: string): Promise<number> {
  const response = await ask(key, { headers: CLAUDE_CODE, body: { stream: false } });
  await response.text();
  return response.status;
}

async function keysOf(count: number): Promise<string[]> {
  const keys = await Promise.all(Array.from({ length: count }, () => makeKey()));
  return keys.map(({ key }) => key);
}

async function together(keys: string[], requests: number): Promise<number[]> {
  return Promise.all(Array.from({ length: requests }, (_, at) => answered(keys[at % keys.length] ?? "")));
}

describe("500 requests over 20 keys at once", () => {
  test("when the token has just ended cause one renewal, and all of them are served", async () => {
    provider();
    const id = await signedIn(server.signIn(), Date.now() - 1);
    const keys = await keysOf(20);
    expect(new Set(await together(keys, 500))).toEqual(new Set([200]));
    expect(tokensAsked()).toHaveLength(1);
    expect(server).toMatchObject({ rotated: 1, reused: 0 });
    expect((await stored(id)).version).toBe(2);
    console.info("500 requests over 20 keys at the moment of expiry: 1 renewal, 500 answers");
  });

  test("whose token the provider ended early cause one renewal, and nobody is blamed", async () => {
    provider();
    const family = server.signIn();
    const id = await signedIn(family, Date.now() + 60 * MINUTE);
    const keys = await keysOf(20);
    expect(await answered(keys[0] ?? "")).toBe(200);
    expect(tokensAsked()).toHaveLength(0);
    later += 2 * MINUTE;
    family.access = "the provider has another by now";
    expect(new Set(await together(keys, 500))).toEqual(new Set([200]));
    expect(tokensAsked()).toHaveLength(1);
    const { body } = await asAdmin("GET", `/admin/accounts/${id}`);
    expect(body).toMatchObject({ status: "untested", temporary_states: [] });
  });
});

test("a healthy request asks no object but its key's: the token comes from memory, and before that from KV", async () => {
  provider();
  const id = await signedIn(server.signIn(), Date.now() + 60 * MINUTE);
  const [key = ""] = await keysOf(1);
  await eventually(async () => expect(await env.KV.get(tokenKey(id))).not.toBeNull());
  const objects = vi.spyOn(env.KEEPER, "getByName");
  for (let sent = 0; sent < 3; sent++) expect(await answered(key)).toBe(200);
  expect(objects).not.toHaveBeenCalled();
});

test("a token that is said to last longer than KV keeps anything is put there all the same", async () => {
  provider();
  const id = await signedIn(server.signIn(), Date.parse("2096-10-02T07:06:40Z"));
  await eventually(async () => expect(readToken(await env.KV.get(tokenKey(id)))?.version).toBe(1));
});

describe("the alarm", () => {
  test("renews ahead of the end, so that no request waits, and puts the new token into KV", async () => {
    provider();
    const id = await signedIn(server.signIn(), Date.now() + 60 * MINUTE);
    const stub = env.KEEPER.getByName(id);
    const rings = await runInDurableObject(stub, (_, ctx) => ctx.storage.getAlarm());
    expect(rings).toBe((await stored(id)).refreshAt);
    later += 51 * MINUTE;
    await runDurableObjectAlarm(stub);
    expect(server.rotated).toBe(1);
    await eventually(async () => expect(readToken(await env.KV.get(tokenKey(id)))?.version).toBe(2));
    await runDurableObjectAlarm(stub);
    expect(server.rotated).toBe(1);
  });

  test("forgets the sign-in of an account that was deleted while its Keeper could not be told", async () => {
    provider();
    const id = await signedIn(server.signIn(), Date.now() + 60 * MINUTE);
    await env.DB.prepare("DELETE FROM accounts WHERE id = ?").bind(id).run();
    later += 51 * MINUTE;
    await runDurableObjectAlarm(env.KEEPER.getByName(id));
    await expect(stored(id)).rejects.toThrow("has no sign-in");
    expect(server.asked).toBe(0);
  });

  test("goes on writing to D1 what it does not have, whatever it has to renew", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    provider();
    const id = await signedIn(server.signIn(), Date.now() + 60 * MINUTE);
    const stub = env.KEEPER.getByName(id);
    await runInDurableObject(stub, (instance) => {
      const failing = { prepare: env.DB.prepare.bind(env.DB), batch: () => Promise.reject(new Error("D1 is away")) };
      Object.defineProperty(instance, "env", { value: { ...env, DB: failing }, configurable: true });
    });
    const fault = {
      class: "upstream",
      condition: "overloaded",
      status: 529,
      until: null,
      onExhausted: "verbatim",
    } as const;
    await stub.reportFault(id, fault, "key");
    const rings = await runInDurableObject(stub, (_, ctx) => ctx.storage.getAlarm());
    expect(rings).toBeLessThan(Date.now() + MINUTE);
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    const row = env.DB.prepare("SELECT health FROM account_health WHERE account_id = ?").bind(id);
    expect(await row.first("health")).toContain("529");
    expect(await runInDurableObject(stub, (_, ctx) => ctx.storage.getAlarm())).toBe((await stored(id)).refreshAt);
  });
});

describe("a sign-in that the provider has ended", () => {
  test.each(["invalid_grant", "refresh_token_reused", "refresh_token_expired", "refresh_token_invalidated"])(
    "with %s disables its account under that name, as an event, and is not asked again",
    async (code) => {
      const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
      provider(() => ({
        status: 401,
        headers: JSON_TYPE,
        chunks: [JSON.stringify({ error: { code, message: "no" } })],
      }));
      const id = await signedIn(server.signIn(), Date.now() - 1);
      const [key = ""] = await keysOf(1);
      await answered(key);
      later += 10 * MINUTE;
      forgetSnapshot();
      expect(await answered(key)).toBe(424);
      await runDurableObjectAlarm(env.KEEPER.getByName(id));
      expect(tokensAsked()).toHaveLength(1);
      const { body } = await asAdmin("GET", `/admin/accounts/${id}`);
      expect(body).toMatchObject({
        status: "sign_in_needed",
        temporary_states: [{ condition: "reauth_required", until: null }],
      });
      const events = log.mock.calls.map(([line]) => JSON.parse(String(line)));
      expect(events).toContainEqual(expect.objectContaining({ event: "sign_in_needed", account: id }));
    },
  );

  test("stays ended when a request that was under way succeeds, and serves again after a new sign-in", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    provider();
    const family = server.signIn();
    const id = await signedIn(family, Date.now() - 1);
    family.revoked = true;
    const [key = ""] = await keysOf(1);
    await answered(key);
    const stub = env.KEEPER.getByName(id);
    expect(await stub.reportSuccess(id, "key", null)).toMatchObject({ disabled: "reauth_required" });
    const fresh = server.signIn();
    const oauth = { access_token: fresh.access, refresh_token: fresh.refresh };
    expect(await asAdmin("PATCH", `/admin/accounts/${id}`, { oauth, terms_acknowledged: true })).toMatchObject({
      status: 200,
      body: { status: "ok" },
    });
    forgetSnapshot();
    expect(await answered(key)).toBe(200);
  });

  test("is asked once more after a reset", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    let closed = true;
    provider(() => (closed ? { status: 400, chunks: ['{"error":"invalid_grant"}'] } : null));
    const id = await signedIn(server.signIn(), Date.now() - 1);
    const [key = ""] = await keysOf(1);
    await answered(key);
    closed = false;
    await asAdmin("POST", `/admin/accounts/${id}/reset`);
    later += MINUTE;
    forgetSnapshot();
    expect(await answered(key)).toBe(200);
  });
});

describe("an answer that does not arrive", () => {
  const lost = { status: 502, chunks: ["<html>"] };

  test("is waited for with growing pauses, and the same token is sent again where it was not used up", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    let fails = 3;
    provider(() => (fails-- > 0 ? lost : null));
    const id = await signedIn(server.signIn(), Date.now() - 1);
    const [key = ""] = await keysOf(1);
    for (const pause of [0, 1_000, 5_000, 5_000, 5_000]) {
      later += pause;
      expect(await answered(key)).not.toBe(200);
    }
    expect(tokensAsked()).toHaveLength(3);
    later += MINUTE;
    expect(await answered(key)).toBe(200);
    expect(await stored(id)).toMatchObject({ version: 2, failures: 0, sentAt: null });
  });

  test("and had rotated the token is found out by the next renewal, and has a name of its own", async () => {
    for (const method of ["warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => undefined);
    let first = true;
    provider(({ body }) => {
      if (!first) return null;
      first = false;
      server.renew(body);
      return lost;
    });
    const id = await signedIn(server.signIn(), Date.now() - 1);
    const [key = ""] = await keysOf(1);
    await answered(key);
    expect((await stored(id)).sentAt).not.toBeNull();
    await evictDurableObject(env.KEEPER.getByName(id));
    later += MINUTE;
    await answered(key);
    const { body } = await asAdmin("GET", `/admin/accounts/${id}`);
    expect(body).toMatchObject({
      status: "sign_in_needed",
      temporary_states: [{ condition: "reauth_required_answer_lost", reason: expect.stringContaining("lost") }],
    });
  });
});

test("a refresh token that the answer leaves out stays, and so does whose subscription it is", async () => {
  provider((one) => {
    const { status, body } = server.renew(one.body, { keepRefresh: true });
    return { status, chunks: [JSON.stringify(body)] };
  });
  await signedIn(server.signIn(), Date.now() - 1);
  const [key = ""] = await keysOf(1);
  for (let renewal = 1; renewal <= 3; renewal++) {
    expect(await answered(key)).toBe(200);
    expect(server.rotated).toBe(renewal);
    later += 70 * MINUTE;
  }
});

test("the same sign-in delivered twice does not bring an old token back; an older one does not replace a newer", async () => {
  provider();
  const family = server.signIn();
  const stub = env.KEEPER.getByName("acc_twice");
  const grant = { access: family.access, refresh: family.refresh, expiresAt: Date.now() - 1 };
  const given = {
    ...{ accountId: "acc_twice", grantId: "aa", baseUrl: "https://api.anthropic.com" },
    ...{ madeAt: 10, platform: "anthropic", kind: "oauth", grant },
  };
  await stub.adopt(given);
  expect(await stub.token("aa", null)).toMatchObject({ state: "token", token: { version: 2 } });
  await stub.adopt(given);
  await stub.adopt({ ...given, grantId: "bb", madeAt: 9 });
  expect(await stub.token("aa", null)).toMatchObject({ state: "token", token: { version: 2 } });
  expect(await stub.token("bb", null)).toEqual({ state: "unknown" });
  expect(server).toMatchObject({ rotated: 1, reused: 0 });
});

test("a renewal that ends after another sign-in has come changes nothing of that", async () => {
  provider(() => {
    return { silentMs: 2_000, chunks: ['{"access_token":"too-late","refresh_token":"too-late","expires_in":9}'] };
  });
  const family = server.signIn();
  const stub = env.KEEPER.getByName("acc_replaced");
  const given = (grantId: string, madeAt: number, expiresAt: number) => ({
    ...{ accountId: "acc_replaced", grantId, baseUrl: "https://api.anthropic.com", madeAt, platform: "anthropic" },
    ...{ kind: "oauth", grant: { access: family.access, refresh: family.refresh, expiresAt } },
  });
  await stub.adopt(given("old", 1, Date.now() - 1));
  const asking = stub.token("old", null);
  await until(() => tokensAsked().length > 0);
  await stub.adopt(given("new", 2, Date.now() + 60 * MINUTE));
  expect(await asking).toEqual({ state: "unknown" });
  expect(await stub.token("new", null)).toMatchObject({ state: "token", token: { grantId: "new", version: 1 } });
});

test("an address that does not exist is passed over for the next; one in a private network is never asked", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const before = { ...env };
  provider(({ url }) => (url.startsWith("https://moved.test") ? { status: 404, chunks: ["no"] } : null));
  Object.assign(env, {
    OAUTH_CLAUDE_TOKEN_URLS: `http://10.0.0.1/oauth/token, https://moved.test/oauth/token ${TOKEN_URL}`,
  });
  Object.assign(env, { ALLOW_PRIVATE_UPSTREAMS: "0" });
  try {
    await signedIn(server.signIn(), Date.now() - 1);
    const [key = ""] = await keysOf(1);
    expect(await answered(key)).toBe(200);
    expect(tokensAsked().map(({ url }) => url)).toEqual(["https://moved.test/oauth/token", TOKEN_URL]);
  } finally {
    Object.assign(env, before);
  }
});

test("a setup token is not renewed; its end is announced two weeks before, and then the account says so", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  provider();
  const ends = Date.now() + 20 * 24 * 60 * MINUTE;
  const { access } = server.signIn();
  const oauth = { access_token: access, expires_at: new Date(ends).toISOString() };
  const id = await signedIn(server.signIn(), 0, { kind: "setup-token", oauth });
  const shown = await asAdmin("GET", `/admin/accounts/${id}`);
  expect(shown.body.sign_in_ends_at).toBe(new Date(ends).toISOString());
  later += 7 * 24 * 60 * MINUTE;
  await runDurableObjectAlarm(env.KEEPER.getByName(id));
  expect(warned.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
    expect.objectContaining({ event: "sign_in_ends_soon", account: id, ends: new Date(ends).toISOString() }),
  ]);
  later += 14 * 24 * 60 * MINUTE;
  await runDurableObjectAlarm(env.KEEPER.getByName(id));
  // The console's session has ended, too.
  const row = env.DB.prepare("SELECT health FROM account_health WHERE account_id = ?").bind(id);
  expect(JSON.parse((await row.first("health")) ?? "")).toMatchObject({ disabled: "reauth_required" });
  expect(server.asked).toBe(0);
});
