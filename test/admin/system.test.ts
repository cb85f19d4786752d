/** What is running and how it is set up, who is signed in, what there is to choose from, and the same to several accounts. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { VERSION } from "../../src/ground/version.ts";
import { retain } from "../../src/jobs/retention.ts";
import { HEALTHY } from "../../src/pool/health.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { asAdmin, call, everything, PASSWORD, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const DAY = 24 * 3_600_000;

beforeAll(signIn);

const account = async (name: string, fields: object = {}) =>
  (
    await asAdmin("POST", "/admin/accounts", {
      name,
      platform: "anthropic",
      kind: "api-key",
      api_key: `sk-${name}-0123456789`,
      ...fields,
    })
  ).body.id;

describe("the system", () => {
  it("tells its version, its schema and how it is set up, and no secret", async () => {
    expect(VERSION).toBe(packageJson.version);
    const { body } = await asAdmin("GET", "/admin/system");
    expect(body).toMatchObject({
      version: VERSION,
      schema: expect.stringMatching(/^\d{4}_/),
      settings: { pool_strategy: "priority", request_log_days: 30, hourly_usage_days: 180 },
      deployment: { timezone_offset_hours: 0, cloudflare_access: false, private_upstreams: true },
      weak_secrets: [],
      meter: { allowances: expect.arrayContaining([expect.objectContaining({ name: "d1_rows", limit: 100_000 })]) },
    });
    const said = JSON.stringify(body);
    for (const secret of [env.JWT_SECRET, env.ADMIN_PASSWORD, env.ENCRYPTION_KEY, env.KEY_SECRET]) {
      expect(said).not.toContain(secret);
    }
  });
});

describe("settings", () => {
  it("are changed one by one, with a trace, and hold for the next run of the cron", async () => {
    await emptyLedger();
    const now = Date.now();
    await book("k", [entry(now - 3 * DAY), entry(now - 10 * DAY)]);
    const changed = await asAdmin("PATCH", "/admin/settings", { request_log_days: 5, pool_strategy: "failover" });
    expect([changed.status, changed.body]).toEqual([
      200,
      { pool_strategy: "failover", request_log_days: 5, hourly_usage_days: 180, by_default: ["hourly_usage_days"] },
    ]);
    expect((await retain(env, now)).requestsDeleted).toBe(1);
    const { items } = (await asAdmin("GET", "/admin/audit?action=settings.update")).body;
    const changes = { request_log_days: { old: 30, new: 5 } };
    expect(items).toContainEqual(expect.objectContaining({ target: "request_log_days", changes }));
    expect((await asAdmin("PATCH", "/admin/settings", { hourly_usage_days: null })).body.hourly_usage_days).toBeNull();
    const back = { request_log_days: "default", hourly_usage_days: "default", pool_strategy: "priority" };
    expect((await asAdmin("PATCH", "/admin/settings", back)).body).toEqual({
      ...{ pool_strategy: "priority", request_log_days: 30, hourly_usage_days: 180 },
      by_default: ["request_log_days", "hourly_usage_days"],
    });
  });

  it.each([{ request_log_days: 0 }, { pool_strategy: "luck" }, { timezone_offset: 8 }, { request_log_days: "30" }])(
    "are not changed by %j",
    async (input) => {
      const before = await everything();
      expect((await asAdmin("PATCH", "/admin/settings", input)).status).toBe(400);
      expect(await everything()).toBe(before);
    },
  );
});

describe("sessions", () => {
  it("are listed without what opens them, and end at an administrator's word", async () => {
    const other = (await call("POST", "/admin/login", { body: { username: "admin", password: PASSWORD } })).body;
    const { items } = (await asAdmin("GET", "/admin/sessions")).body;
    expect(items.filter(({ current }) => current)).toHaveLength(1);
    const [newest] = items;
    expect(newest).toEqual({
      id: expect.stringMatching(/^ses_/),
      username: "admin",
      identity: null,
      created_at: expect.stringMatching(/Z$/),
      expires_at: expect.stringMatching(/Z$/),
      current: false,
    });
    expect((await call("GET", "/admin/session", { token: other.access_token })).status).toBe(200);
    expect((await asAdmin("DELETE", `/admin/sessions/${newest?.id}`)).body).toEqual({ id: newest?.id, ended: true });
    expect((await call("GET", "/admin/session", { token: other.access_token })).status).toBe(401);
    expect((await asAdmin("DELETE", `/admin/sessions/${newest?.id}`)).status).toBe(404);
    const { items: trail } = (await asAdmin("GET", "/admin/audit?action=session.end")).body;
    expect(trail).toMatchObject([{ target: newest?.id }]);
  });
});

describe("what there is to choose from", () => {
  it("is what the code knows and what keys, accounts and requests have named lately, for bounded rows", async () => {
    await emptyLedger();
    await asAdmin("POST", "/admin/api-keys", { name: "k", owner: "alice", tags: ["blue", "red"] });
    await account("mapped", { model_mapping: { "my-model": "claude-opus-4-8" }, allowed_models: ["claude-*"] });
    await book("k", [entry(Date.now(), { model: "asked-lately", client: "home_made" })]);
    const { DB, rowsRead } = notingDatabase();
    const { body } = await asAdmin("GET", "/admin/meta", undefined, { DB });
    expect(body).toMatchObject({
      platforms: expect.arrayContaining(["anthropic", "openai"]),
      kinds: expect.arrayContaining([
        {
          platform: "anthropic",
          kind: "api-key",
          official_base_url: "https://api.anthropic.com",
          signed_in: false,
          serves: null,
        },
      ]),
      protocols: expect.arrayContaining(["anthropic", "chat", "responses", "gemini"]),
      clients: expect.arrayContaining(["claude_code", "home_made"]),
      models: expect.arrayContaining(["asked-lately", "my-model"]),
      owners: expect.arrayContaining(["alice"]),
      tags: expect.arrayContaining(["blue", "red"]),
    });
    expect(body.models).not.toContain("claude-*");
    expect(await rowsRead()).toBeLessThan(300);
  });
});

describe("the same to several accounts", () => {
  it("pauses and resumes them, each with a trace, and tells of those that there are not", async () => {
    const [one, two] = [await account("bulk-one"), await account("bulk-two", { schedulable: false })];
    const { DB, noted } = notingDatabase();
    const paused = await asAdmin(
      "POST",
      "/admin/accounts/bulk",
      { ids: [one, two, "acc_no", one], action: "pause" },
      { DB },
    );
    expect(paused.body).toMatchObject({
      updated: 2,
      failed: 1,
      results: [
        { id: one, error: null },
        { id: two, error: null },
        { id: "acc_no", error: { type: "not_found_error" } },
      ],
    });
    expect(noted.length).toBeLessThan(10);
    expect((await asAdmin("GET", `/admin/accounts/${one}`)).body.status).toBe("paused");
    const trail = async (target: string) =>
      (await asAdmin("GET", `/admin/audit?action=account.update&target=${target}`)).body.items;
    expect(await trail(one)).toMatchObject([{ changes: { schedulable: { old: true, new: false } } }]);
    expect(await trail(two)).toEqual([]);
    await asAdmin("POST", "/admin/accounts/bulk", { ids: [one, two], action: "resume" });
    expect((await asAdmin("GET", `/admin/accounts/${two}`)).body.status).toBe("untested");
  });

  it("resets them, and tells whose Keeper did not answer", async () => {
    const [one, two] = [await account("reset-one"), await account("reset-two")];
    for (const id of [one, two]) {
      const health = JSON.stringify({ ...HEALTHY, disabled: "key_refused" });
      await env.DB.prepare("INSERT INTO account_health VALUES (?, ?, 0)").bind(id, health).run();
      await env.KEEPER.getByName(id).reportTest(id, { at: 1, ok: true, condition: null });
    }
    const KEEPER = {
      getByName: (id: string) =>
        id === two ? { reset: () => Promise.reject(new Error("moved")) } : env.KEEPER.getByName(id),
    } as unknown as Env["KEEPER"];
    const { body } = await asAdmin("POST", "/admin/accounts/bulk", { ids: [one, two], action: "reset" }, { KEEPER });
    expect(body).toMatchObject({
      updated: 1,
      failed: 1,
      results: [
        { id: one, error: null },
        { id: two, error: { type: "keeper_unreachable" } },
      ],
    });
    expect((await asAdmin("GET", "/admin/audit?action=account.reset")).body.items).toMatchObject([{ target: one }]);
  });

  it.each([
    { ids: [], action: "pause" },
    { ids: ["a"], action: "delete" },
    { ids: Array(51).fill("a"), action: "reset" },
  ])("refuses %j", async (input) => expect((await asAdmin("POST", "/admin/accounts/bulk", input)).status).toBe(400));
});
