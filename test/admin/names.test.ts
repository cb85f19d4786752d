/** What every page of a console asks for: names, and how accounts are doing; and what lists of accounts cost D1. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MOST_NAMES } from "../../src/admin/meta/names.ts";
import { HEALTHY } from "../../src/pool/health.ts";
import { asAdmin, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

beforeAll(signIn);
beforeEach(async () => {
  const tables = ["accounts", "credentials", "account_health", "account_answers", "api_keys", "group_members"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

const account = async (name: string): Promise<string> =>
  (
    await asAdmin("POST", "/admin/accounts", {
      ...{ name, platform: "anthropic", kind: "api-key", api_key: `sk-${name.replace(" ", "-")}-0123456789` },
    })
  ).body.id;
const key = async (fields: object) => (await asAdmin("POST", "/admin/api-keys", fields)).body.id;
const names = async (bindings?: Partial<Env>) =>
  (await asAdmin("GET", "/admin/meta/names", undefined, bindings)).body as {
    keys?: unknown;
    accounts?: unknown;
  };

describe("the names of keys and accounts", () => {
  it("come with what the console goes by, newest first, deleted keys too, and without anything else", async () => {
    const first = await account("first");
    const second = await account("second");
    await asAdmin("PATCH", `/admin/accounts/${first}`, { schedulable: false });
    await env.DB.prepare("INSERT INTO account_health VALUES (?, ?, 0)")
      .bind(second, JSON.stringify({ ...HEALTHY, disabled: "key_refused" }))
      .run();
    const gone = await key({ name: "gone" });
    await asAdmin("DELETE", `/admin/api-keys/${gone}`);
    const off = await key({ name: "off", owner: "alice", enabled: false });
    const described = { platform: "anthropic", kind: "api-key" };
    const { keys, accounts } = await names();
    expect(accounts).toEqual([
      { id: second, name: "second", ...described, schedulable: true, status: "disabled" },
      { id: first, name: "first", ...described, schedulable: false, status: "paused" },
    ]);
    expect(keys).toHaveLength(2);
    expect(keys).toEqual(
      expect.arrayContaining([
        { id: gone, name: "gone", owner: "", enabled: true, deleted: true },
        { id: off, name: "off", owner: "alice", enabled: false, deleted: false },
      ]),
    );
  });

  it("are nobody's where there is nothing yet, and no more than the newest of many", async () => {
    expect(await names()).toEqual({ keys: [], accounts: [] });
    await env.DB.prepare(
      `INSERT INTO api_keys (id, name, description, owner, tags, policy, template_id, sealed, hint, created_at, updated_at, deleted_at)
       WITH RECURSIVE n(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < ?1)
       SELECT printf('%032x', at), 'key ' || at, '', '', '[]', '{"enabled":true}', NULL, '', '', at, at, NULL FROM n`,
    )
      .bind(MOST_NAMES + 50)
      .run();
    const { DB, rowsRead } = notingDatabase();
    const { keys } = await names({ DB });
    expect(keys).toHaveLength(MOST_NAMES);
    expect(keys).toMatchObject({ 0: { name: `key ${MOST_NAMES + 50}` } });
    // Each by the index of ages and by itself; the session, and what there is of accounts.
    expect(await rowsRead()).toBeLessThanOrEqual(2 * MOST_NAMES + 10);
  });
});

describe("what accounts cost D1", () => {
  const ACCOUNTS = 20;

  async function fill(): Promise<void> {
    for (let at = 0; at < ACCOUNTS; at++) await account(`many ${at}`);
    await env.DB.prepare("INSERT INTO account_answers SELECT id, 1 FROM accounts").run();
    await env.DB.prepare("INSERT INTO account_health SELECT id, ?, 0 FROM accounts")
      .bind(JSON.stringify(HEALTHY))
      .run();
  }

  it("is each account of the page with its key, its health and its last answer, once", async () => {
    await fill();
    for (const path of ["/admin/accounts?limit=200", "/admin/meta/names"]) {
      const { DB, rowsRead } = notingDatabase();
      await asAdmin("GET", path, undefined, { DB });
      // The session, and where a list ends.
      const read = await rowsRead();
      expect(read, path).toBeGreaterThan(4 * ACCOUNTS);
      expect(read, path).toBeLessThanOrEqual(4 * ACCOUNTS + 5);
    }
  });

  it("is three rows more for each of six lists where a search has found the accounts of the page", async () => {
    await fill();
    const { DB, rowsRead } = notingDatabase();
    const { body } = await asAdmin("GET", "/admin/accounts?search=many+1&limit=200", undefined, { DB });
    // "many 1", and ten to nineteen.
    expect(body.items).toHaveLength(11);
    expect(await rowsRead()).toBeLessThanOrEqual(ACCOUNTS * 2 + 11 * (6 * 3) + 1);
  });
});
