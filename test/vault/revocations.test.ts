/**
 * What becomes of a sign-in whose account is deleted, or that another has taken the place of: against fakes of the two providers that take
 * one back, in their own forms (OpenAI: codex-rs/login/src/auth/revoke.rs; Google: "Revoking a token" of its OAuth 2.0 documentation).
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { loadPool } from "../../src/store/snapshot.ts";
import { tokenKey } from "../../src/vault/grant.ts";
import { asAdmin, type Body } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { type Asked, asked, type Behaviour, behave, removeAccounts } from "../relay/relay-in-process.ts";
import { LOADED, STANDARD } from "./google.ts";

const OPENAI = "https://auth.openai.com/oauth/revoke";
const GOOGLE = "https://oauth2.googleapis.com/revoke";
const JSON_TYPE = { "content-type": "application/json" };
const CODEX_CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann";
const HOUR = 3_600_000;

/** Tokens that are good for nothing any more, as their provider knows. */
let revoked: string[];
let later = 0;
const now = Date.now;

beforeEach(async () => {
  revoked = [];
  vi.spyOn(Date, "now").mockImplementation(() => now() + later);
  provider();
  await removeAccounts();
  asked.length = 0;
});
afterEach(() => vi.restoreAllMocks());

/** `trouble`: what happens in place of an answer to a revocation. */
function provider(trouble: (one: Asked) => Behaviour | null = () => null): void {
  behave((one) => {
    const own = trouble(one);
    if (own) return own;
    if (one.url === OPENAI || one.url === GOOGLE) {
      const isForm = one.headers.get("content-type") === "application/x-www-form-urlencoded";
      if (isForm !== (one.url === GOOGLE)) return json(415, { error: "invalid_request" });
      const fields: Record<string, string> = isForm
        ? Object.fromEntries(new URLSearchParams(one.body))
        : JSON.parse(one.body);
      const { token = "", ...rest } = fields;
      expect(rest).toEqual(isForm ? {} : { token_type_hint: "refresh_token", client_id: CODEX_CLIENT });
      if (isForm && revoked.includes(token)) return json(400, { error: "invalid_token" });
      revoked.push(token);
      return json(200, {});
    }
    if (one.url.endsWith(":loadCodeAssist")) return json(200, LOADED);
    return one.url.endsWith("/token") ? NEW_TOKENS : { status: 500 };
  });
}

function json(status: number, answer: object): Behaviour {
  return { status, headers: JSON_TYPE, chunks: [JSON.stringify(answer)] };
}

const NEW_TOKENS = json(200, { access_token: "access-new", refresh_token: "refresh-new", expires_in: 28_800 });

async function accountOf(id: string) {
  const account = (await loadPool(env, Date.now())).accounts.find((one) => one.id === id);
  if (!account) throw new Error("the account is not in the pool");
  return account;
}

async function signIn(platform: string, kind: string, fields: object = {}): Promise<string> {
  const expires_at = new Date(Date.now() + HOUR).toISOString();
  const { status, body } = await asAdmin("POST", "/admin/accounts", {
    ...{ name: kind, platform, kind, terms_acknowledged: true },
    oauth: { access_token: "access-old", refresh_token: "refresh-old", expires_at },
    ...fields,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  await eventually(async () => expect(await env.KV.get(tokenKey(body.id))).not.toBeNull());
  return body.id;
}

const codex = (fields: object = {}) => signIn("openai", "codex-oauth", fields);
const remove = async (id: string): Promise<Body> => (await asAdmin("DELETE", `/admin/accounts/${id}`)).body;
const revocations = () => asked.filter(({ url }) => url === OPENAI || url === GOOGLE);
const keeperOf = (id: string) => env.KEEPER.getByName(id);
/** Everything that the account's Keeper has stored. */
const storedBy = (id: string) =>
  runInDurableObject(
    keeperOf(id),
    (_, ctx) => new Map([...ctx.storage.kv.list()].filter(([name]) => name !== "state")),
  );
const wiped = (id: string) =>
  eventually(async () => {
    expect([...(await storedBy(id))]).toEqual([]);
    expect(await env.KV.get(tokenKey(id))).toBeNull();
  });
/** Puts the clock forward, and rings the Keeper. */
async function laterBy(ms: number, id: string): Promise<void> {
  later += ms;
  await runDurableObjectAlarm(keeperOf(id));
}

describe("an account that is deleted", () => {
  test.each([
    ["OpenAI", "openai", "codex-oauth"],
    ["Google, for Code Assist", "gemini", "code-assist"],
  ])("has its sign-in taken back by %s, and nothing of it is left here", async (_, platform, kind) => {
    const id = await signIn(platform, kind);
    expect((await remove(id)).sign_in_revocation).toBe("requested");
    await eventually(() => expect(revoked).toEqual(["refresh-old"]));
    await wiped(id);
    expect(revocations()).toHaveLength(1);
  });

  test("at Google keeps its sign-in while another account is left that may be the same person's", async () => {
    const oauth = { access_token: "access-other", refresh_token: "refresh-other", expires_at: 4_000_000_000 };
    const [first, last] = [await signIn("gemini", "code-assist", { oauth }), await signIn("gemini", "code-assist")];
    expect((await remove(first)).sign_in_revocation).toBe("withheld");
    await wiped(first);
    expect(revocations()).toEqual([]);
    expect((await remove(last)).sign_in_revocation).toBe("requested");
    await eventually(() => expect(revoked).toEqual(["refresh-old"]));
  });

  test("whose sign-in its provider has ended has nothing to be taken back", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    provider((one) => (one.url.endsWith("/token") ? json(400, { error: "invalid_grant" }) : null));
    const id = await codex();
    const { apiKeys } = await accountOf(id);
    expect(await keeperOf(id).token(apiKeys[0]?.id ?? "", 1)).toMatchObject({ state: "ended" });
    await remove(id);
    await wiped(id);
    expect(revocations()).toEqual([]);
  });

  test.each([
    ["anthropic", "oauth"],
    ["droid", "oauth"],
  ])(
    "at %s is told to be good until its end: its provider documents no way to take it back",
    async (platform, kind) => {
      const id = await signIn(platform, kind);
      expect((await remove(id)).sign_in_revocation).toBe("not_offered");
      await wiped(id);
      expect(asked).toEqual([]);
    },
  );

  test("is not taken back where no account came of it: whoever brought it may use it elsewhere", async () => {
    provider((one) => (one.url.endsWith(":loadCodeAssist") ? json(200, { currentTier: STANDARD }) : null));
    const oauth = { access_token: "access-old", refresh_token: "refresh-old", expires_at: new Date(Date.now() + HOUR) };
    const account = { name: "licence", platform: "gemini", kind: "code-assist", oauth, terms_acknowledged: true };
    expect((await asAdmin("POST", "/admin/accounts", account)).status).toBe(400);
    await eventually(async () => expect((await env.KV.list({ prefix: "token/" })).keys).toEqual([]));
    expect(revocations()).toEqual([]);
  });

  test("is gone at once, also while its provider does not answer; that is asked again by the alarm, and survives its object", async () => {
    let away = true;
    provider(() => (away ? { status: 503 } : null));
    const id = await codex();
    expect(await remove(id)).toMatchObject({ deleted: true, sign_in_revocation: "requested" });
    await eventually(() => expect(revocations()).toHaveLength(1));
    await eventually(async () => expect(await env.KV.get(tokenKey(id))).toBeNull());
    await eventually(async () => expect(JSON.stringify([...(await storedBy(id))])).toContain('"tried":1'));
    expect(JSON.stringify([...(await storedBy(id))])).not.toMatch(/refresh-old|access-old/);
    await evictDurableObject(keeperOf(id));
    away = false;
    await laterBy(3 * 60_000, id);
    await eventually(() => expect(revoked).toEqual(["refresh-old"]));
    await wiped(id);
  });

  test("is not asked about for ever: what was not taken back is told, and nothing of it stays", async () => {
    provider(() => ({ status: 500 }));
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const id = await codex();
    await remove(id);
    await eventually(() => expect(revocations()).toHaveLength(1));
    for (const minutes of [3, 3, 13, 63, 313]) await laterBy(minutes * 60_000, id);
    await wiped(id);
    expect(revocations()).toHaveLength(6);
    const told = log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("sign_in_not_revoked"));
    expect(told.map((line) => JSON.parse(line))).toMatchObject([{ account: id, status: 0 }]);
    expect(told.join()).not.toContain("refresh-old");
  });

  test("whose provider refuses to take it back is told with the refusal, once", async () => {
    provider(() => ({ status: 403, headers: { "content-type": "text/html" }, chunks: ["<!DOCTYPE html>"] }));
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const id = await codex();
    await remove(id);
    await wiped(id);
    expect(revocations()).toHaveLength(1);
    const told = log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes("sign_in_not_revoked"));
    expect(told.map((line) => JSON.parse(line))).toMatchObject([{ account: id, status: 403 }]);
  });

  test("while its sign-in is renewed has the tokens taken back that the renewal brings", async () => {
    const silentMs = 700;
    provider((one) => (one.url.endsWith("/oauth/token") ? { silentMs, ...NEW_TOKENS } : null));
    const id = await codex();
    const { apiKeys } = await accountOf(id);
    const renewing = keeperOf(id).token(apiKeys[0]?.id ?? "", 1);
    await eventually(() => expect(asked.map(({ url }) => url)).toEqual(["https://auth.openai.com/oauth/token"]));
    await remove(id);
    await renewing;
    await eventually(() => expect(revoked).toEqual(["refresh-new"]));
    await wiped(id);
  });

  test("whose token requests leave through a binding has its sign-in taken back through it, too", async () => {
    const log = vi.spyOn(console, "info").mockImplementation(() => undefined);
    const id = await codex({ egress: { via: "binding", name: "HOME", token_requests: true } });
    await remove(id);
    await wiped(id);
    expect(revocations()).toEqual([]);
    expect(log.mock.calls.map(([line]) => String(line)).join()).toContain("sign_in_revoked");
  });

  test("of which the Keeper was not told is found gone by its alarm, and revoked all the same", async () => {
    const id = await codex();
    await env.DB.prepare("DELETE FROM accounts WHERE id = ?").bind(id).run();
    await laterBy(0.9 * HOUR, id);
    await eventually(() => expect(revoked).toEqual(["refresh-old"]));
    await wiped(id);
  });
});

describe("what Google would end with a deleted account's sign-in", () => {
  const google = (refresh_token: string) =>
    signIn("gemini", "code-assist", {
      oauth: { access_token: "access-1", refresh_token, expires_at: new Date(Date.now() + HOUR) },
    });
  /** The last account goes, and its sign-in alone is taken back. */
  const isKept = async (last: string) => {
    expect(revoked).toEqual([]);
    await remove(last);
    await eventually(() => expect(revoked).toEqual(["refresh-last"]));
    await wiped(last);
  };

  test("stays where somebody has signed in since, while Google did not answer", async () => {
    let away = true;
    provider((one) => (away && one.url === GOOGLE ? { status: 503 } : null));
    const id = await google("refresh-first");
    expect((await remove(id)).sign_in_revocation).toBe("requested");
    await eventually(() => expect(revocations()).toHaveLength(1));
    const last = await google("refresh-last");
    away = false;
    await laterBy(3 * 60_000, id);
    await wiped(id);
    await isKept(last);
  });

  test("stays also where the Keeper was not told, and finds the account gone by itself", async () => {
    const id = await google("refresh-first");
    const last = await google("refresh-last");
    await env.DB.prepare("DELETE FROM accounts WHERE id = ?").bind(id).run();
    await laterBy(0.9 * HOUR, id);
    await wiped(id);
    await isKept(last);
  });
});

test("an account that is being made is not taken for one that is gone", async () => {
  const id = "acc_in_the_making";
  const grant = { access: "access-old", refresh: "refresh-old", expiresAt: Date.now() };
  const place = { accountId: id, grantId: "g", baseUrl: "https://chatgpt.com/backend-api/codex" };
  await keeperOf(id).adopt({ ...place, platform: "openai", kind: "codex-oauth", madeAt: Date.now(), grant });
  await runDurableObjectAlarm(keeperOf(id));
  expect([...(await storedBy(id)).keys()]).toContain("grant");
  expect(revocations()).toEqual([]);
});

describe("somebody who signs in again", () => {
  async function signInAgain(flow: string, account_id: string): Promise<void> {
    const { body } = await asAdmin("POST", `/admin/oauth/${flow}/start`);
    const state = new URL(String(body.authorize_url)).searchParams.get("state");
    const callback_url = `http://localhost:1455/auth/callback?code=c&state=${state}`;
    const finish = { flow_id: body.flow_id, callback_url, account_id, terms_acknowledged: true };
    const { status, body: finished } = await asAdmin("POST", `/admin/oauth/${flow}/finish`, finish);
    expect(status, JSON.stringify(finished)).toBe(200);
  }

  test("has OpenAI take back the sign-in before, and the new one serves", async () => {
    const id = await codex();
    await signInAgain("codex", id);
    await eventually(() => expect(revoked).toEqual(["refresh-old"]));
    await eventually(async () => expect([...(await storedBy(id)).keys()]).toEqual(["grant"]));
    expect(await env.KV.get(tokenKey(id))).not.toBeNull();
  });

  test("keeps what Google would end with the one before", async () => {
    const id = await signIn("gemini", "code-assist");
    await signInAgain("google", id);
    expect([...(await storedBy(id)).keys()]).toEqual(["grant"]);
    expect(revoked).not.toContain("refresh-old");
  });

  test("elsewhere, and brings that here, keeps what may be the same sign-in", async () => {
    const id = await codex();
    const oauth = {
      access_token: "access-2",
      refresh_token: "refresh-2",
      expires_at: new Date(Date.now() + HOUR).toISOString(),
    };
    const { status } = await asAdmin("PATCH", `/admin/accounts/${id}`, { oauth, terms_acknowledged: true });
    expect(status).toBe(200);
    expect([...(await storedBy(id)).keys()]).toEqual(["grant"]);
    expect(revoked).not.toContain("refresh-old");
  });
});
