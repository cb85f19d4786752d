/** Who may back up and restore: whoever is signed in and says the password again, for one recipient, and it stands in the trail. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { asAdmin, call, PASSWORD, signIn } from "../admin/client.ts";
import { makeAccount } from "../relay/relay-in-process.ts";
import { permitFor, takeBackup } from "./through-the-api.ts";

const KEY = "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo";

test("a session without the password gets no permit, and each try stands in the audit trail", async () => {
  const { status, body } = await asAdmin("POST", "/admin/backup/permits", {
    ...{ purpose: "backup", password: "a guess", public_key: KEY },
  });
  expect([status, body.error.details?.[0]?.field]).toEqual([400, "password"]);
  const row = await env.DB.prepare("SELECT action, target FROM audit ORDER BY id DESC LIMIT 1").first();
  expect(row).toMatchObject({ action: "session.refused", target: expect.stringContaining("session:ses_") });
});

test("a backup stands in the audit trail with what was asked for, and no secret", async () => {
  await takeBackup(["requests"]);
  const { results } = await env.DB.prepare("SELECT * FROM audit WHERE action = 'backup.begin'").all();
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({ actor: "admin", detail: JSON.stringify({ with: ["requests"] }) });
  expect(JSON.stringify(results).includes(PASSWORD)).toBe(false);
});

test("a permit is good for its purpose, its parts and its session alone", async () => {
  const backup = await permitFor("backup", { public_key: KEY });
  const restore = await permitFor("restore");
  const page = (permit: string, part: string, token?: string) =>
    token === undefined
      ? asAdmin("POST", "/admin/backup/pages", { permit, part })
      : call("POST", "/admin/backup/pages", { token, body: { permit, part } });
  expect((await page(backup, "accounts")).status).toBe(200);
  expect((await page(restore, "accounts")).status).toBe(403);
  expect((await page(`${backup}x`, "accounts")).status).toBe(403);
  expect((await page(backup, "sign_ins")).status).toBe(400);
  const rows = { part: "accounts", columns: [], rows: [] };
  expect((await asAdmin("POST", "/admin/backup/rows", { permit: backup, ...rows })).status).toBe(403);
  const other = await call("POST", "/admin/login", { body: { username: "admin", password: PASSWORD } });
  expect((await page(backup, "accounts", other.body.access_token)).status).toBe(403);
  // A session's own token is no permit.
  expect((await page(await signIn(), "accounts")).status).toBe(403);
});

test("a public key that is none gets no permit, and one that no secret can be sealed for gets no page", async () => {
  const bad = await asAdmin("POST", "/admin/backup/permits", {
    purpose: "backup",
    password: PASSWORD,
    public_key: "AAAA",
  });
  expect(bad.status).toBe(400);
});

test("rows that are not what a part has are refused by name, and nothing is written", async () => {
  await makeAccount();
  const permit = await permitFor("restore");
  const send = (part: string, columns: string[], rows: unknown[]) =>
    asAdmin("POST", "/admin/backup/rows", { permit, part, columns, rows });
  const unknown = await send("templates", ["id", "name", "colour"], [["tpl_1", "a", "red"]]);
  expect([unknown.status, unknown.body.error.message]).toEqual([400, expect.stringContaining("colour")]);
  expect((await send("templates", ["id"], [["tpl_1", "one too many"]])).status).toBe(400);
  expect((await send("templates", ["id"], [[{ a: 1 }]])).status).toBe(400);
  expect((await send("templates", ["id"], [[1.5]])).status).toBe(400);
  expect((await send("nonsense", ["id"], [])).status).toBe(400);
  expect((await send("settings", ["name", "value"], [["snapshot_version", "9"]])).status).toBe(400);
  const key = { part: "api_keys", columns: ["id"], rows: [["a"]] };
  expect((await send(key.part, key.columns, key.rows)).status).toBe(400);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM templates").first()).toEqual({ n: 0 });
});
