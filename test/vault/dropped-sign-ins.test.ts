/** Sign-ins whose bringer is dropped on the way between D1 and the account's Keeper, or who brings one twice. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Keeper } from "../../src/pool/keeper.ts";
import { readToken, tokenKey } from "../../src/vault/grant.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { asked, type Behaviour, behave, removeAccounts, until } from "../relay/relay-in-process.ts";
import { AuthorizationServer, type Family } from "./authorization-server.ts";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

let server: AuthorizationServer;
let later: number;
const now = Date.now;

beforeEach(async () => {
  later = 0;
  server = new AuthorizationServer();
  vi.spyOn(Date, "now").mockImplementation(() => now() + later);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  provider();
  await removeAccounts();
});
afterEach(() => vi.restoreAllMocks());

/** `exchanged`: what a code is worth. */
function provider(exchanged?: Family, silentMs = 0): void {
  behave(({ url, body }): Behaviour => {
    if (!url.includes("/oauth/token")) return { status: 500 };
    const isCode = JSON.parse(body).grant_type === "authorization_code";
    if (!isCode) {
      const { status, body: answer } = server.renew(body);
      return { status, silentMs, headers: JSON_TYPE, chunks: [JSON.stringify(answer)] };
    }
    const tokens = { access_token: exchanged?.access, refresh_token: exchanged?.refresh, expires_in: 28_800 };
    return { headers: JSON_TYPE, chunks: [JSON.stringify(tokens)] };
  });
}
const JSON_TYPE = { "content-type": "application/json" };

const oauthOf = ({ access, refresh }: Family, endsAt = Date.now() + 60 * MINUTE) => ({
  oauth: { access_token: access, refresh_token: refresh, expires_at: new Date(endsAt).toISOString() },
  terms_acknowledged: true,
});

async function made(fields: object): Promise<string> {
  const account = { name: "subscription", platform: "anthropic", kind: "oauth", ...fields };
  const { status, body } = await asAdmin("POST", "/admin/accounts", account);
  expect(status, JSON.stringify(body)).toBe(201);
  await eventually(async () => expect(await env.KV.get(tokenKey(body.id))).not.toBeNull());
  return body.id;
}

const keeperOf = (id: string) => env.KEEPER.getByName(id);
const storedBy = (id: string) =>
  runInDurableObject(
    keeperOf(id),
    (_, ctx) => new Map([...ctx.storage.kv.list()].filter(([name]) => name !== "state")),
  );
const signInOf = async (id: string) =>
  (await env.DB.prepare("SELECT fingerprint FROM credentials WHERE account_id = ?")
    .bind(id)
    .first<string>("fingerprint")) ?? "";
const tokenState = async (id: string) => (await keeperOf(id).token(await signInOf(id), null)).state;

const signInAgain = (account_id: string) => finished({ account_id });

async function finished(fields: object): Promise<{ status: number; message: string }> {
  const { body } = await asAdmin("POST", "/admin/oauth/claude/start");
  const state = new URL(String(body.authorize_url)).searchParams.get("state");
  const finish = { flow_id: body.flow_id, code: `code#${state}`, terms_acknowledged: true, ...fields };
  const { status, body: finished } = await asAdmin("POST", "/admin/oauth/claude/finish", finish);
  return { status, message: finished.error?.message ?? "" };
}

describe("somebody who signs in again on an account", () => {
  test("and is dropped when the account names the new sign-in, but its Keeper was not told, has it serve all the same", async () => {
    const first = server.signIn();
    const id = await made(oauthOf(first));
    first.revoked = true;
    later += 55 * MINUTE;
    await runDurableObjectAlarm(keeperOf(id));
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.status).toBe("sign_in_needed");

    provider(server.signIn());
    const adopt = vi.spyOn(Keeper.prototype, "adopt").mockRejectedValue(new Error("the object was reset"));
    expect((await signInAgain(id)).status).toBe(503);
    adopt.mockRestore();
    expect(JSON.stringify([...(await storedBy(id))])).not.toMatch(/access-secret|refresh-secret/);
    await evictDurableObject(keeperOf(id));
    later += 2 * MINUTE;
    await runDurableObjectAlarm(keeperOf(id));
    expect(await tokenState(id)).toBe("token");
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.status).toBe("ok");
    expect([...(await storedBy(id)).keys()]).toEqual(["grant"]);
  });

  test("while its Keeper cannot be reached is told so, and the account has what it had", async () => {
    const id = await made(oauthOf(server.signIn()));
    const before = await signInOf(id);
    provider(server.signIn());
    const away = new Error("the object was reset");
    const given = [vi.spyOn(Keeper.prototype, "adopt"), vi.spyOn(Keeper.prototype, "offer")];
    for (const call of given) call.mockRejectedValue(away);
    expect(await signInAgain(id)).toMatchObject({ status: 503, message: expect.stringContaining("is as it was") });
    expect(await signInOf(id)).toBe(before);
    expect(await tokenState(id)).toBe("token");
  });

  test("and is dropped before the account names the new sign-in leaves nothing of it", async () => {
    const id = await made(oauthOf(server.signIn()));
    const account = { accountId: id, platform: "anthropic", kind: "oauth", baseUrl: "https://api.anthropic.com" };
    const grant = { access: "access-secret-x", refresh: "refresh-secret-x", expiresAt: Date.now() + DAY };
    await keeperOf(id).offer({ ...account, grantId: "never-named", madeAt: Date.now(), grant });
    later += 2 * MINUTE;
    await runDurableObjectAlarm(keeperOf(id));
    expect([...(await storedBy(id)).keys()]).toEqual(["grant"]);
    expect(await tokenState(id)).toBe("token");
  });
});

/** D1 fails once, at the first change after the code was spent. `isDone`: it is the answer that is lost. */
function failingOnce(isDone: boolean): void {
  const real = env.DB.batch.bind(env.DB);
  let failed = false;
  vi.spyOn(env.DB, "batch").mockImplementation(async (statements) => {
    if (failed || !asked.some(({ url }) => url.includes("/oauth/token"))) return real(statements);
    failed = true;
    if (isDone) await real(statements);
    throw new Error("D1_ERROR: Network connection lost.");
  });
}

describe.each([
  ["before it is changed", false],
  ["when it was changed, before it has answered", true],
])("a code that is spent while D1 fails once, %s", (_, isDone) => {
  test("makes its account, once", async () => {
    provider(server.signIn());
    failingOnce(isDone);
    expect(await finished({ name: "one" })).toMatchObject({ status: 200 });
    const { items } = (await asAdmin("GET", "/admin/accounts")).body;
    expect(items.map(({ name }) => name)).toEqual(["one"]);
    expect(await tokenState(items[0]?.id ?? "")).toBe("token");
  });

  test("has an account signed in again", async () => {
    const id = await made(oauthOf(server.signIn()));
    const before = await signInOf(id);
    provider(server.signIn());
    failingOnce(isDone);
    expect(await signInAgain(id)).toMatchObject({ status: 200 });
    expect(await signInOf(id)).not.toBe(before);
    expect(await tokenState(id)).toBe("token");
    expect([...(await storedBy(id)).keys()]).toEqual(["grant"]);
  });
});

test("a sign-in that is never renewed goes within a day where its account was deleted and its Keeper was not told", async () => {
  const token = { access_token: "access-secret-year", expires_at: new Date(Date.now() + 365 * DAY).toISOString() };
  const id = await made({ kind: "setup-token", oauth: token, terms_acknowledged: true });
  const forget = vi.spyOn(Keeper.prototype, "forget").mockRejectedValue(new Error("the object was reset"));
  expect((await asAdmin("DELETE", `/admin/accounts/${id}`)).status).toBe(200);
  forget.mockRestore();
  expect(await runInDurableObject(keeperOf(id), (_, ctx) => ctx.storage.getAlarm())).toBeLessThan(
    Date.now() + DAY + MINUTE,
  );
  later += DAY;
  await runDurableObjectAlarm(keeperOf(id));
  expect([...(await storedBy(id))]).toEqual([]);
  await eventually(async () => expect(await env.KV.get(tokenKey(id))).toBeNull());
});

test("an account that is there is looked for once a day, and keeps a sign-in that is never renewed", async () => {
  const token = { access_token: "access-secret-year", expires_at: new Date(Date.now() + 365 * DAY).toISOString() };
  const id = await made({ kind: "setup-token", oauth: token, terms_acknowledged: true });
  for (let day = 0; day < 3; day++) {
    later += DAY;
    await runDurableObjectAlarm(keeperOf(id));
    const rings = await runInDurableObject(keeperOf(id), (_, ctx) => ctx.storage.getAlarm());
    expect(rings).toBeGreaterThan(Date.now() + DAY - MINUTE);
  }
  expect(await tokenState(id)).toBe("token");
});

describe("a sign-in that is imported a second time", () => {
  test("after it was renewed keeps the refresh token that was issued last", async () => {
    const family = server.signIn();
    const file = oauthOf({ ...family }, Date.now() - 1);
    const id = await made(oauthOf({ ...family }, Date.now() - 1));
    expect(await tokenState(id)).toBe("token");
    expect(server.rotated).toBe(1);
    expect((await asAdmin("PATCH", `/admin/accounts/${id}`, file)).status).toBe(200);
    expect(await tokenState(id)).toBe("token");
    later += 70 * MINUTE;
    expect(await tokenState(id)).toBe("token");
    expect(server).toMatchObject({ rotated: 2, reused: 0 });
  });

  test("while it is renewed takes what the renewal brings", async () => {
    const family = server.signIn();
    const file = oauthOf({ ...family }, Date.now() - 1);
    const id = await made(file);
    provider(undefined, 300);
    const renewing = tokenState(id);
    await until(() => server.asked === 1);
    expect((await asAdmin("PATCH", `/admin/accounts/${id}`, file)).status).toBe(200);
    await renewing;
    later += 70 * MINUTE;
    expect(await tokenState(id)).toBe("token");
    expect(server).toMatchObject({ reused: 0 });
  });
});

describe("a sign-in that has ended", () => {
  const ended = async () => {
    const family = server.signIn();
    const id = await made(oauthOf(family));
    family.revoked = true;
    later += 55 * MINUTE;
    return id;
  };

  test("disables its account also where the object dies as soon as that is stored", async () => {
    const id = await ended();
    await runInDurableObject(keeperOf(id), (_, { storage }) => {
      const sync = storage.sync.bind(storage);
      const isOver = () => storage.kv.get<{ ended: unknown }>("grant")?.ended != null;
      const dying = async () => {
        await sync();
        if (isOver()) throw new Error("the object was reset");
      };
      Object.defineProperty(storage, "sync", { value: dying, configurable: true });
    });
    await runDurableObjectAlarm(keeperOf(id)).catch(() => undefined);
    await evictDurableObject(keeperOf(id));
    later += MINUTE;
    await runDurableObjectAlarm(keeperOf(id));
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.status).toBe("sign_in_needed");
  });

  test("goes within a day where its account was deleted and its Keeper was not told", async () => {
    const id = await ended();
    // The second is for D1, which has it all by then.
    for (let rung = 0; rung < 2; rung++) await runDurableObjectAlarm(keeperOf(id));
    await env.DB.prepare("DELETE FROM accounts WHERE id = ?").bind(id).run();
    later += DAY;
    await runDurableObjectAlarm(keeperOf(id));
    expect([...(await storedBy(id))]).toEqual([]);
  });
});

test("a token that KV does not take, such as on a day whose writes are used up, is put there with growing pauses", async () => {
  const id = await made(oauthOf(server.signIn(), Date.now() + 60 * MINUTE));
  const put = vi.spyOn(env.KV, "put").mockRejectedValue(new Error("429 Too Many Requests"));
  later += 51 * MINUTE;
  await runDurableObjectAlarm(keeperOf(id));
  const ringsIn = async () => {
    const rings = await runInDurableObject(keeperOf(id), (_, { storage }) => storage.getAlarm());
    return Math.round(((rings ?? 0) - Date.now()) / MINUTE);
  };
  const pauses: number[] = [];
  for (let rung = 0; rung < 6; rung++) {
    const pause = await ringsIn();
    pauses.push(pause);
    await evictDurableObject(keeperOf(id));
    later += pause * MINUTE;
    await runDurableObjectAlarm(keeperOf(id));
  }
  expect(pauses).toEqual([1, 1, 2, 4, 8, 15]);
  put.mockRestore();
  later += 15 * MINUTE;
  await runDurableObjectAlarm(keeperOf(id));
  const token = readToken(await env.KV.get(tokenKey(id)));
  expect(token?.expiresAt).toBeGreaterThan(Date.now());
});
