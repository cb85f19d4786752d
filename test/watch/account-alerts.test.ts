/** What befalls an account, and its end, arrives at every channel in its service's own form, once. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, expect, it, type MockInstance, vi } from "vitest";
import { classify } from "../../src/providers/faults.ts";
import { asAdmin, signIn } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { account, at, beginAnew, DAY, expectOnce, HOUR, makeChannels, served, thisHour, watchAt } from "./provoked.ts";

const iso = (time: number) => new Date(time).toISOString();

/** The answer of the token endpoint. */
let elsewhere: (request: Request) => Response = () => new Response(null, { status: 502 });

beforeAll(async () => {
  await signIn();
  await makeChannels();
});
let written: MockInstance<typeof console.info>;
beforeEach(async () => {
  await beginAnew((request) => elsewhere(request));
  written = vi.spyOn(console, "info").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const fault = (status: number, headers: Record<string, string> = {}, body = "{}") =>
  classify({ platform: "anthropic", family: null, status, headers: new Headers(headers), body }, Date.now());
const keyIdOf = (id: string) =>
  env.DB.prepare("SELECT fingerprint AS f FROM credentials WHERE account_id = ?").bind(id).first<string>("f");

const limited = () => fault(429, { "retry-after": "7200", "anthropic-ratelimit-unified-status": "rejected" });
const DISABLED =
  '{"type":"error","error":{"type":"permission_error","message":"This organization has been disabled."}}';
const closed = () => fault(403, {}, DISABLED);

async function signedIn(): Promise<string> {
  const oauth = { access_token: "a".repeat(40), refresh_token: "r".repeat(40), expires_at: iso(Date.now() - 1) };
  const kind = { platform: "anthropic", kind: "oauth", terms_acknowledged: true };
  return (await asAdmin("POST", "/admin/accounts", { name: "Claude Max", ...kind, oauth })).body.id;
}

/** Its provider renews it no more. */
async function endSignIn(id: string): Promise<void> {
  elsewhere = () => Response.json({ error: "invalid_grant" }, { status: 400 });
  await runDurableObjectAlarm(env.KEEPER.getByName(id));
}

async function signInAgain(id: string): Promise<void> {
  elsewhere = () => Response.json({ error: "temporarily_unavailable" }, { status: 503 });
  const fresh = { access_token: "b".repeat(40), refresh_token: "s".repeat(40), expires_at: iso(Date.now() + HOUR) };
  await asAdmin("PATCH", `/admin/accounts/${id}`, { oauth: fresh, terms_acknowledged: true });
}

/** That an account is back, as the log and the channels have it. */
function recoveries(): { logged: number; told: unknown[] } {
  const lines = written.mock.calls.map(String);
  return {
    logged: lines.filter((line) => line.includes('"account_recovered"')).length,
    told: served.arrived.flatMap(({ body }) => (body.phase === "recovered" ? [body.type] : [])),
  };
}

it("an account that needs a new sign-in is told by its Keeper at once, and again when it is signed in to", async () => {
  const id = await signedIn();
  await endSignIn(id);
  await eventually(() =>
    expectOnce("sign_in_needed", /^Account Claude Max needs a new sign-in\nWhy: the sign-in has ended/),
  );
  // Everybody else who sees it says nothing.
  for (const minutes of [0, 5, 10]) await watchAt(thisHour() + minutes * 60_000);
  expectOnce("sign_in_needed", /needs a new sign-in/);
  await signInAgain(id);
  for (const minutes of [15, 20]) await watchAt(thisHour() + minutes * 60_000);
  expectOnce("sign_in_needed", /^Over: Account Claude Max needs a new sign-in/, "recovered");
});

it("an account that is limited is told with the reason and the time, and its recovery is", async () => {
  const id = await account("team");
  const keeper = env.KEEPER.getByName(id);
  await keeper.reportFault(id, limited(), (await keyIdOf(id)) ?? "");
  for (const minutes of [0, 5]) await watchAt(Date.now() + minutes * 60_000);
  expectOnce(
    "account_limited",
    /^Account team is limited\nWhy: .*limit is reached\.\nUntil: \d{4}-\d\d-\d\d \d\d:\d\d UTC\./,
  );
  await keeper.reset(id);
  for (const minutes of [10, 15]) await watchAt(Date.now() + minutes * 60_000);
  expectOnce("account_limited", /^Over: Account team is limited/, "recovered");
});

it("an account that is back within minutes is nobody's worry", async () => {
  const id = await account("brief");
  await env.KEEPER.getByName(id).reportFault(id, fault(429, { "retry-after": "60" }), (await keyIdOf(id)) ?? "");
  await watchAt(Date.now());
  expect(served.arrived).toEqual([]);
});

it("an account that its provider has closed is out of service", async () => {
  const id = await account("revoked");
  await env.KEEPER.getByName(id).reportFault(id, closed(), (await keyIdOf(id)) ?? "");
  for (const minutes of [0, 5]) await watchAt(Date.now() + minutes * 60_000);
  expectOnce("account_disabled", /^Account revoked is out of service\nWhy: the provider has closed the account\./);
  // Deleted, it is nobody's any more, and no recovery.
  await asAdmin("DELETE", `/admin/accounts/${id}`);
  await watchAt(Date.now() + 10 * 60_000);
  expect(served.arrived.filter(({ body: told }) => told.phase === "recovered")).toEqual([]);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM alert_episodes").first("n")).toBe(0);
});

it("an account whose setup token is near its end is told once", async () => {
  const id = await account("setup");
  await env.DB.prepare("UPDATE credentials SET ends_at = ?")
    .bind(Date.now() + 5 * DAY)
    .run();
  for (const hours of [0, 1]) await watchAt(at(10, hours));
  expectOnce("sign_in_ends", /^The sign-in of account setup ends soon\nIt ends at \d{4}-/);
  expect(await asAdmin("GET", `/admin/accounts/${id}`)).toMatchObject({ status: 200 });
});

it("an account whose key does not open is told by the isolate that has tried", async () => {
  const id = await account("sealed");
  const { api_key } = (await asAdmin("POST", "/admin/api-keys", { name: "asks" })).body;
  await env.DB.prepare(
    "UPDATE credentials SET sealed = replace(sealed, substr(sealed, -6), 'AAAAAA') WHERE account_id = ?",
  )
    .bind(id)
    .run();
  for (let times = 0; times < 3; times++) {
    const request = new Request("https://relay.test/v1/messages", {
      method: "POST",
      headers: { "x-api-key": api_key, "content-type": "application/json" },
      body: JSON.stringify({ model: "claude-opus-4-8", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
    });
    expect((await exports.default.fetch(request)).status).toBe(404);
  }
  await eventually(() =>
    expectOnce("credential_unreadable", /^A key of account sealed cannot be opened\nIts place is 1\./),
  );
  expect(served.arrived.map(({ text }) => text).join()).not.toContain("sk-sealed");
});

it("an account that was closed, and then limited, is back once", async () => {
  const id = await account("twice");
  const keeper = env.KEEPER.getByName(id);
  const keyId = (await keyIdOf(id)) ?? "";
  await keeper.reportFault(id, closed(), keyId);
  await watchAt(Date.now());
  expectOnce("account_disabled", /^Account twice is out of service/);
  await keeper.reset(id);
  await keeper.reportFault(id, limited(), keyId);
  await watchAt(Date.now() + 5 * 60_000);
  expectOnce("account_limited", /^Account twice is limited/);
  expect(recoveries()).toEqual({ logged: 0, told: [] });
  await keeper.reset(id);
  for (const minutes of [10, 15]) await watchAt(Date.now() + minutes * 60_000);
  expect(recoveries()).toEqual({ logged: 1, told: ["account_limited"] });
});

it("an account that was told to be limited, and to need a new sign-in between two looks, is back once, from the graver", async () => {
  const id = await signedIn();
  const keeper = env.KEEPER.getByName(id);
  await keeper.reportFault(id, limited(), (await keyIdOf(id)) ?? "");
  await watchAt(Date.now());
  expectOnce("account_limited", /^Account Claude Max is limited/);
  await endSignIn(id);
  await eventually(() => expectOnce("sign_in_needed", /^Account Claude Max needs a new sign-in/));
  await signInAgain(id);
  await keeper.reset(id);
  for (const minutes of [5, 10]) await watchAt(Date.now() + minutes * 60_000);
  expect(recoveries()).toEqual({ logged: 1, told: ["sign_in_needed"] });
  expect(await env.DB.prepare("SELECT count(*) AS n FROM alert_episodes").first("n")).toBe(0);
});
