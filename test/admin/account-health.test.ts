/** How accounts are doing, as the admin API shows it, and the end of it by an administrator's word. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { HEALTHY } from "../../src/pool/health.ts";
import { family } from "../../src/providers/anthropic/family.ts";
import { classify } from "../../src/providers/faults.ts";
import { loadPool } from "../../src/store/snapshot.ts";
import { book, entry } from "../store/rows.ts";
import { asAdmin, type Body, everything } from "./client.ts";

let made = 0;

async function makeAccount(fields: object = {}): Promise<string> {
  const api_key = `sk-health-${String(made++).padStart(10, "0")}`;
  const account = { name: `account ${made}`, platform: "anthropic", kind: "api-key", api_key };
  return (await asAdmin("POST", "/admin/accounts", { ...account, ...fields })).body.id;
}

const KEYS = ["sk-several-number-aaaa", "sk-several-number-bbbb"];

async function keyIds(id: string): Promise<string[]> {
  const { accounts } = await loadPool(env, Date.now());
  return accounts.find((account) => account.id === id)?.apiKeys.map((key) => key.id) ?? [];
}

interface Failing {
  headers?: Record<string, string>;
  model?: string;
  message?: string;
  at?: number;
}

/** The account's Keeper is told of a fault, as the relay tells it. */
async function fail(id: string, status: number, { headers = {}, model, message = "no", at = 0 }: Failing = {}) {
  const body = JSON.stringify({ type: "error", error: { type: "x", message } });
  const input = {
    platform: "anthropic",
    family: model === undefined ? null : family(model),
    status,
    headers: new Headers(headers),
    body,
  } as const;
  const key = (await keyIds(id))[at] ?? "";
  await env.KEEPER.getByName(id).reportFault(id, classify(input, Date.now()), key);
}

const read = async (id: string) => (await asAdmin("GET", `/admin/accounts/${id}`)).body;
const health = async (id: string) => (await asAdmin("GET", `/admin/accounts/${id}/health`)).body;
const limited = async () => (await asAdmin("GET", "/admin/accounts/limited")).body.items;
const states = (body: Body) => body.temporary_states as Record<string, unknown>[];

const LIMITED = { headers: { "retry-after": "600" } };
const CLOSED = "This organization has been disabled.";

describe("the status of an account", () => {
  it("is untested until it has answered, and ok from then on, without an object", async () => {
    const id = await makeAccount();
    const never = { last_test: null, last_error: null, last_answered_at: null };
    expect(await read(id)).toMatchObject({ status: "untested", temporary_states: [], ...never });
    const at = Date.now() - 60_000;
    await book("key_1", [entry(at, { accountId: id, status: 529, outcome: "upstream_error" })]);
    expect((await read(id)).status).toBe("untested");
    await book("key_1", [entry(at, { accountId: id })]);
    expect(await read(id)).toMatchObject({ status: "ok", last_answered_at: new Date(at).toISOString() });
    // Within the hour nothing is written again.
    await book("key_1", [entry(at + 30_000, { accountId: id })]);
    expect(await read(id)).toMatchObject({ last_answered_at: new Date(at).toISOString() });
  });

  it("is what the operator has said of it, whatever else is known", async () => {
    const paused = await makeAccount({ schedulable: false });
    await fail(paused, 429, LIMITED);
    expect((await read(paused)).status).toBe("paused");
    const over = await makeAccount({ expires_at: "2026-01-01T00:00:00Z" });
    expect((await read(over)).status).toBe("expired");
    expect((await read(await makeAccount({ expires_at: "2999-01-01T00:00:00Z" }))).status).toBe("untested");
  });

  it("is limited with reason and end while its only key is", async () => {
    const id = await makeAccount();
    await fail(id, 429, LIMITED);
    const body = await read(id);
    expect(body).toMatchObject({
      status: "limited",
      status_condition: "rate_limited",
      status_reason: "the provider's rate limit is reached",
      status_until: states(body)[0]?.until,
      last_error: { status: 429, condition: "rate_limited" },
    });
    expect(states(body)).toEqual([
      {
        scope: "key",
        key: { position: 0, hint: `…${String(made - 1).padStart(4, "0")}` },
        family: null,
        condition: "rate_limited",
        reason: "the provider's rate limit is reached",
        until: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ]);
    const listed = (await asAdmin("GET", "/admin/accounts?limit=200")).body.items.find((item) => item.id === id);
    expect(listed).toEqual(body);
  });

  it("is that it cools down while the end is the relay's own guess, as of an open breaker", async () => {
    const id = await makeAccount();
    for (let fault = 0; fault < 3; fault++) await fail(id, 500);
    expect(await read(id)).toMatchObject({
      status: "cooling_down",
      status_condition: "server_error",
      status_until: expect.stringMatching(/Z$/),
      temporary_states: [{ scope: "account", key: null, condition: "server_error" }],
    });
  });

  it("is ok while one of its keys, or one family of models, has stepped aside, which is told", async () => {
    const id = await makeAccount({ api_key: undefined, api_keys: KEYS });
    await fail(id, 429, { ...LIMITED, at: 1 });
    await fail(id, 403, { model: "claude-opus-4-1" });
    const body = await read(id);
    expect(body.status).toBe("ok");
    expect(states(body)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ scope: "key", key: { position: 1, hint: "…bbbb" } }),
        expect.objectContaining({ scope: "family", key: { position: 0, hint: "…aaaa" }, family: "opus" }),
      ]),
    );
    await fail(id, 429, LIMITED);
    expect((await read(id)).status).toBe("limited");
  });

  it("is disabled where time alone brings nothing back", async () => {
    const id = await makeAccount({ api_key: undefined, api_keys: KEYS });
    await fail(id, 403, { message: CLOSED });
    expect(await read(id)).toMatchObject({ status: "ok", temporary_states: [{ key: { position: 0 }, until: null }] });
    await fail(id, 403, { message: CLOSED, at: 1 });
    expect((await read(id)).status).toBe("disabled");
  });

  it("is that somebody has to sign in again where a sign-in has ended, whatever ended it", async () => {
    const id = await makeAccount();
    await env.KEEPER.getByName(id).reportTest(id, { at: Date.now(), ok: true, condition: null });
    const health = { ...HEALTHY, disabled: "reauth_required_answer_lost" };
    await env.DB.prepare("UPDATE account_health SET health = ? WHERE account_id = ?")
      .bind(JSON.stringify(health), id)
      .run();
    expect(await read(id)).toMatchObject({
      status: "sign_in_needed",
      status_condition: "reauth_required_answer_lost",
      status_until: null,
    });
  });

  it("tells what the last test has shown, also after a reset, and of an older version's health that there was none", async () => {
    const id = await makeAccount();
    const at = Date.now();
    await env.KEEPER.getByName(id).reportTest(id, { at, ok: false, condition: "key_refused" });
    const last_test = { time: new Date(at).toISOString(), ok: false, condition: "key_refused" };
    expect(await read(id)).toMatchObject({ status: "ok", last_test });
    await asAdmin("POST", `/admin/accounts/${id}/reset`);
    expect(await read(id)).toMatchObject({ status: "ok", last_test });
    const { lastTest: _, ...older } = HEALTHY;
    await env.DB.prepare("UPDATE account_health SET health = ? WHERE account_id = ?")
      .bind(JSON.stringify(older), id)
      .run();
    expect(await read(id)).toMatchObject({ status: "untested", last_test: null });
  });

  it("says nothing of keys that the account no longer has", async () => {
    const id = await makeAccount();
    await fail(id, 403, { message: CLOSED });
    expect((await read(id)).status).toBe("disabled");
    const changed = await asAdmin("PATCH", `/admin/accounts/${id}`, { api_key: "sk-a-new-key-0123456789" });
    expect(changed.body).toMatchObject({ status: "ok", temporary_states: [] });
    expect((await limited()).filter(({ account_id }) => account_id === id)).toEqual([]);
  });
});

describe("the health of an account", () => {
  it("is the Keeper's: headroom, history newest first, what has stepped aside", async () => {
    const id = await makeAccount();
    await fail(id, 529);
    await fail(id, 404, { model: "claude-nope" });
    await fail(id, 429, LIMITED);
    const [key = ""] = await keyIds(id);
    const resetsAt = Date.now() + 3_600_000;
    const window = { name: "5h", scope: null, used: 0.75, status: "warning", reason: null, resetsAt } as const;
    const readAt = Date.now();
    const reading = { windows: [{ ...window, source: "headers" as const, readAt }], deciding: "5h" };
    await env.KEEPER.getByName(id).reportSuccess(id, key, reading);
    const body = await health(id);
    expect(body).toEqual({
      account_id: id,
      status: "limited",
      status_condition: "rate_limited",
      status_reason: expect.any(String),
      status_until: expect.any(String),
      last_error: expect.objectContaining({ status: 429, condition: "rate_limited" }),
      last_test: null,
      last_answered_at: null,
      temporary_states: [expect.objectContaining({ condition: "rate_limited" })],
      in_flight: null,
      today_cost_usd: null,
      quota_resets_at: null,
      provider_quota: {
        windows: [
          {
            ...{ name: "5h", scope: null, used: 0.75, status: "warning", reason: null, source: "headers" },
            resets_at: new Date(resetsAt).toISOString(),
            read_at: new Date(readAt).toISOString(),
          },
        ],
        ...{ deciding: "5h", asked_at: null, error: null },
      },
      headroom: { window: "5h", used: 0.75, status: "warning", resets_at: new Date(resetsAt).toISOString() },
      probing: false,
      project: null,
      last_errors: [
        expect.objectContaining({ status: 429, class: "credential", condition: "rate_limited" }),
        expect.objectContaining({ status: 404, condition: "model_unknown", until: null }),
        expect.objectContaining({
          time: expect.stringMatching(/Z$/),
          status: 529,
          class: "upstream",
          condition: "overloaded",
          reason: "the provider is overloaded",
        }),
      ],
    });
  });

  it("keeps a bounded history", async () => {
    const id = await makeAccount();
    for (let fault = 0; fault < 55; fault++) await fail(id, 429);
    expect((await health(id)).last_errors).toHaveLength(50);
  });

  it("counts requests and money where the account has a limit of its own", async () => {
    const id = await makeAccount({ max_concurrency: 3, daily_quota_usd: "2", quota_reset_hour: 5 });
    const limits = { maxConcurrency: 3, dailyQuotaNanos: 2_000_000_000, quotaResetHour: 5 };
    const keeper = env.KEEPER.getByName(id);
    await keeper.acquire("one", limits, null);
    await keeper.acquire("two", limits, null);
    await keeper.release("one", 1_250_000_000, 5);
    const body = await health(id);
    expect(body).toMatchObject({ status: "untested", in_flight: 1, today_cost_usd: "1.25", last_errors: [] });
    expect(body.quota_resets_at).toMatch(/T05:00:00\.000Z$/);
    expect(Date.parse(String(body.quota_resets_at))).toBeGreaterThan(Date.now());
  });
});

describe("what has stepped aside", () => {
  it("is listed over all accounts: what needs a person first, then what ends soonest", async () => {
    await env.DB.prepare("DELETE FROM account_health").run();
    expect(await limited()).toEqual([]);
    const [later, sooner, closed, well] = await Promise.all([1, 2, 3, 4].map(() => makeAccount()));
    await fail(later ?? "", 429, { headers: { "retry-after": "900" } });
    await fail(sooner ?? "", 429, { headers: { "retry-after": "300" } });
    await fail(closed ?? "", 403, { message: CLOSED });
    const items = await limited();
    expect(items.map(({ account_id }) => account_id)).toEqual([closed, sooner, later]);
    expect(items.map(({ account_id }) => account_id)).not.toContain(well);
    expect(items[0]).toMatchObject({ condition: "account_disabled", until: null, account_name: expect.any(String) });
    await asAdmin("DELETE", `/admin/accounts/${later}`);
    expect((await limited()).map(({ account_id }) => account_id)).toEqual([closed, sooner]);
  });
});

describe("resetting an account", () => {
  it("forgets everything that is held against it, here and with its Keeper, and keeps the history", async () => {
    const id = await makeAccount();
    await fail(id, 403, { message: CLOSED });
    for (let fault = 0; fault < 3; fault++) await fail(id, 500);
    const pool = await loadPool(env, Date.now() + 61_000);
    expect(pool.health.has(id)).toBe(true);

    const { status, body } = await asAdmin("POST", `/admin/accounts/${id}/reset`);
    expect([status, body.id, body.status, body.temporary_states]).toEqual([200, id, "untested", []]);
    expect(await health(id)).toMatchObject({ status: "untested", temporary_states: [], probing: false });
    expect((await health(id)).last_errors).toHaveLength(4);
    expect((await loadPool(env, Date.now())).health.get(id)?.disabled ?? null).toBeNull();
    const row = env.DB.prepare("SELECT actor FROM audit WHERE action = 'account.reset' AND target = ?").bind(id);
    expect(await row.all()).toMatchObject({ results: [{ actor: "admin" }] });
  });

  it("may be repeated", async () => {
    const id = await makeAccount();
    for (let time = 0; time < 2; time++)
      expect((await asAdmin("POST", `/admin/accounts/${id}/reset`)).status).toBe(200);
  });
});

describe("an account that there is not", () => {
  it("is a 404 of every route, and makes no object", async () => {
    const before = await everything();
    for (const [method, path] of [
      ["GET", "health"],
      ["POST", "reset"],
      ["POST", "test"],
      ["POST", "test?stream=false"],
    ]) {
      const { status, body } = await asAdmin(method ?? "", `/admin/accounts/acc_nope/${path}`);
      expect([status, body.error.type], path).toEqual([404, "not_found_error"]);
    }
    expect(await everything()).toBe(before);
  });
});

describe("a Keeper that does not answer", () => {
  it("is asked twice and then said to be so, and nothing is noted as done", async () => {
    const id = await makeAccount();
    let asked = 0;
    const broken = () => {
      asked++;
      return Promise.reject(new Error("moved"));
    };
    const KEEPER = { getByName: () => ({ reset: broken, report: broken }) } as unknown as Env["KEEPER"];
    const before = await everything();
    for (const [method, path] of [
      ["POST", "reset"],
      ["GET", "health"],
    ]) {
      const { status, body } = await asAdmin(method ?? "", `/admin/accounts/${id}/${path}`, undefined, { KEEPER });
      expect([status, body.error.type]).toEqual([503, "keeper_unreachable"]);
    }
    expect(asked).toBe(4);
    expect(await everything()).toBe(before);
  });
});
