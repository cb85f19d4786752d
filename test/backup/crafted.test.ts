/** A backup that somebody has made up: what does not come from a relay is refused by name, and the relay that is to take it serves on. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test, vi } from "vitest";
import { deliver } from "../../src/alerts/deliver.ts";
import { raise } from "../../src/alerts/outbox.ts";
import { asAdmin } from "../admin/client.ts";
import { ask, behave, makeAccount, makeKey } from "../relay/relay-in-process.ts";
import { moveToAnotherRelay, type Opened, permitFor, takeBackup } from "./through-the-api.ts";

const OWN = { ENCRYPTION_KEY: env.ENCRYPTION_KEY, KEY_SECRET: env.KEY_SECRET, LEGACY_KEY_PEPPER: "" };
/** A key that was first used at a time that no calendar has. */
const FAR_FIGURES = JSON.stringify({
  ...{ firstUsedAt: Number.MAX_SAFE_INTEGER, window: { startedAt: null, requests: 0, tokens: 0, costNanos: 0 } },
  ...{ day: { startedAt: 0, costNanos: 0 }, week: { startedAt: 0, costNanos: 0 } },
  totals: { requests: 1, costNanos: 0, usage: {} },
});
const PEPPER = "pepper-of-another-relay-0123456789";

beforeEach(async () => {
  await moveToAnotherRelay(OWN);
  behave({ headers: { "content-type": "application/json" }, chunks: ["{}"] });
});

/** The page of a part with single values changed; its ids are new, because what is here is kept. */
function crafted(pages: Opened[], part: string, changes: Record<string, string | number | null>): Opened {
  const page = pages.find((one) => one.part === part && one.rows.length > 0);
  if (!page) throw new Error(`the backup has no ${part}`);
  const given = { id: "f".repeat(32), ...changes };
  const rows = page.rows.map((row) => row.map((value, at) => given[page.columns[at] as keyof typeof given] ?? value));
  // A key's own secret would not fit its new id.
  return { ...page, rows, secrets: part === "api_keys" ? {} : page.secrets };
}

async function send({ part, columns, rows, secrets }: Opened) {
  const permit = await permitFor("restore");
  return asAdmin("POST", "/admin/backup/rows", { permit, part, columns, rows, secrets });
}

async function countOf(table: string): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n");
}

test.each([
  ["accounts", "protocols", "no JSON"],
  ["accounts", "protocols", "null"],
  ["accounts", "allowed_models", "[1]"],
  ["accounts", "model_mapping", '{"a":1}'],
  ["accounts", "quirks", "[]"],
  ["accounts", "priority", "first"],
  ["accounts", "egress", "null"],
  ["accounts", "created_at", Number.MAX_SAFE_INTEGER],
  ["account_groups", "name", 7],
  ["model_aliases", "targets", '["claude-*"]'],
  ["templates", "fields", "null"],
  ["api_keys", "policy", "null"],
  ["api_keys", "policy", '{"allowedModels":null}'],
  ["api_keys", "policy", '{"expiresAt":9007199254740991}'],
  ["api_keys", "figures", FAR_FIGURES],
  ["api_keys", "figures", '{"window":{"costNanos":0},"totals":{"costNanos":0}}'],
  ["api_keys", "updated_at", Number.MAX_SAFE_INTEGER],
  ["audit", "time", Number.MAX_SAFE_INTEGER],
  ["api_keys", "tags", "{}"],
  ["api_keys", "created_at", "yesterday"],
  ["api_keys", "id", "abc"],
])("a row of %s whose %s is %j is refused by name, and the relay serves on", async (part, column, value) => {
  const { id } = await makeAccount();
  await asAdmin("POST", "/admin/groups", { name: "a group", account_ids: [id] });
  await asAdmin("POST", "/admin/aliases", { name: "mine", targets: [{ model: "claude-sonnet-4-5" }] });
  await asAdmin("POST", "/admin/templates", { name: "a template", concurrency_limit: 3 });
  const { key } = await makeKey();
  const { pages } = await takeBackup();
  const before = await countOf(part);
  const { status, body } = await send(crafted(pages, part, { [column]: value }));
  expect([status, body.error?.message]).toEqual([400, expect.stringContaining(column)]);
  // The permit itself stands in the trail.
  expect(await countOf(part)).toBe((before ?? 0) + (part === "audit" ? 1 : 0));
  for (const path of ["accounts", "api-keys", "groups", "aliases", "templates", "audit", "usage?group_by=hour"]) {
    expect((await asAdmin("GET", `/admin/${path}`)).status, path).toBe(200);
  }
  expect((await ask(key)).status).toBe(200);
});

test("sums of an hour that no calendar has are refused", async () => {
  const { pages } = await takeBackup();
  const page = pages.find(({ part }) => part === "usage_hourly");
  const { columns } = page ?? { columns: [] };
  const rows = [columns.map((name) => (name === "hour" ? Number.MAX_SAFE_INTEGER : /_id$|model/.test(name) ? "" : 0))];
  const { status, body } = await send({ part: "usage_hourly", columns, rows, secrets: {} });
  expect([status, body.error?.message]).toEqual([400, expect.stringContaining("hour")]);
  expect((await asAdmin("GET", "/admin/usage?group_by=hour")).status).toBe(200);
});

test("a key of no key's id does not shut out the keys that were imported before", async () => {
  await makeAccount();
  Object.assign(env, { LEGACY_KEY_PEPPER: PEPPER });
  const api_key = "cr_of_another_relay_0123456789";
  const imported = { imported_from: "claude-relay-service", keys: [{ name: "imported", api_key }] };
  expect((await asAdmin("POST", "/admin/api-keys/import", imported)).status).toBe(200);
  const { pages } = await takeBackup();
  expect((await send(crafted(pages, "api_keys", { id: "0" }))).status).toBe(400);
  expect((await ask(api_key)).status).toBe(200);
});

test.each([
  ["type", "carrier-pigeon"],
  ["alerts", "no JSON"],
  ["alerts", "{}"],
  ["shown", "null"],
  ["max_per_hour", "many"],
])("a channel whose %s is %j is refused, and alerts go out as before", async (column, value) => {
  vi.stubGlobal("fetch", async () => new Response(null, { status: 204 }));
  try {
    const config = { url: "https://hooks.test/alerts", secret: "a-secret-of-the-webhook-0123" };
    await asAdmin("POST", "/admin/alerts/channels", { name: "ops", type: "webhook", config });
    const { pages } = await takeBackup();
    const { status, body } = await send(crafted(pages, "alert_channels", { id: "alc_crafted", [column]: value }));
    expect([status, body.error?.message]).toEqual([400, expect.stringContaining(column)]);
    const now = Date.now();
    await raise(env, { type: "job_failed", subject: "a", params: { job: "a" }, endsAt: null }, now);
    expect(await deliver(env, now)).toBe(1);
    expect((await asAdmin("GET", "/admin/alerts/channels")).body.items).toHaveLength(1);
  } finally {
    vi.unstubAllGlobals();
  }
});

test("a channel whose configuration is none is refused", async () => {
  const config = { url: "https://hooks.test/alerts", secret: "a-secret-of-the-webhook-0123" };
  await asAdmin("POST", "/admin/alerts/channels", { name: "ops", type: "webhook", config });
  const { pages } = await takeBackup();
  const page = crafted(pages, "alert_channels", { id: "alc_crafted" });
  for (const secret of ["null", "no JSON", '{"url":1}']) {
    expect((await send({ ...page, secrets: { 0: secret } })).status, secret).toBe(400);
  }
  expect(await countOf("alert_channels")).toBe(1);
});

test.each([
  { quietHours: { from: 5, to: null } },
  { quietHours: {} },
  { language: "xx" },
  { remindHours: "often" },
  { digest: "hourly" },
  { releaseFeedUrl: 1 },
])("settings of alerts such as %j are refused, and alerts go out as before", async (given) => {
  const permit = await permitFor("restore");
  const rows = [["alerts", JSON.stringify(given)]];
  const sent = { permit, part: "settings", columns: ["name", "value"], rows };
  expect((await asAdmin("POST", "/admin/backup/rows", sent)).status).toBe(400);
  expect((await asAdmin("GET", "/admin/alerts/settings")).body.language).toBe("en");
});
