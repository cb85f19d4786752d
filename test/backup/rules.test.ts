/** A backup brings nothing that the admin API would refuse: the row is named, and none of its page is written. */
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { MOST_CHANNELS } from "../../src/admin/alerts/schema.ts";
import { storedFields } from "../../src/admin/templates/fields.ts";
import { MOST_KEY_SECRETS } from "../../src/store/key-secrets.ts";
import { asAdmin } from "../admin/client.ts";
import { makeAccount, makeKey } from "../relay/relay-in-process.ts";
import { moveToAnotherRelay, type Opened, permitFor, restore, takeBackup } from "./through-the-api.ts";

const OWN = { ENCRYPTION_KEY: env.ENCRYPTION_KEY, KEY_SECRET: env.KEY_SECRET, LEGACY_KEY_PEPPER: "" };
const WEBHOOK = { url: "https://hooks.test/alerts", secret: "a-secret-of-the-webhook-0123" };

/** The backup of a relay that has one row of each part. */
let oneOfEach: Opened[] = [];
beforeAll(async () => {
  await moveToAnotherRelay(OWN);
  await makeOneOfEach();
  oneOfEach = (await takeBackup()).pages;
});
beforeEach(() => moveToAnotherRelay(OWN));

function pageOf(pages: Opened[], part: string): Opened {
  const page = pages.find((one) => one.part === part && one.rows.length > 0);
  if (!page) throw new Error(`the backup has no ${part}`);
  return page;
}

function changed(page: Opened, changes: Record<string, string | number | null>): Opened {
  const rows = page.rows.map((row) =>
    row.map((value, at) => {
      const column = page.columns[at] ?? "";
      return Object.hasOwn(changes, column) ? (changes[column] ?? null) : value;
    }),
  );
  return { ...page, rows };
}

async function send({ part, columns, rows, secrets }: Opened, dryRun = false) {
  const permit = await permitFor("restore");
  return asAdmin("POST", "/admin/backup/rows", { permit, part, columns, rows, secrets, dry_run: dryRun });
}

async function countOf(table: string): Promise<number | null> {
  return env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>("n");
}

async function makeOneOfEach(): Promise<void> {
  const { id } = await makeAccount();
  await asAdmin("POST", "/admin/groups", { name: "a group", account_ids: [id] });
  await asAdmin("POST", "/admin/aliases", { name: "mine-*", targets: [{ model: "claude-*" }] });
  await asAdmin("POST", "/admin/templates", { name: "a template", concurrency_limit: 3 });
  await asAdmin("PUT", "/admin/prices/my-model", { input: "1", output: "2" });
  await asAdmin("POST", "/admin/alerts/channels", { name: "ops", type: "webhook", config: WEBHOOK });
  await makeKey();
}

const price = (more: object) =>
  JSON.stringify({ input: 1, output: 2, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1, ...more });

test.each([
  ["accounts", "name", ""],
  ["accounts", "extra_headers", '{"authorization":"Bearer stolen"}', "extra_headers.authorization"],
  ["accounts", "extra_headers", '{"host":"elsewhere.test"}', "extra_headers.host"],
  ["accounts", "extra_headers", '{"x-note":"one\\r\\nx-api-key: two"}', "extra_headers.x-note"],
  ["accounts", "cost_multiplier_milli", 2_000_000, "cost_multiplier"],
  ["accounts", "cost_multiplier_milli", -1, "cost_multiplier"],
  ["accounts", "priority", -5],
  ["accounts", "weight", 0],
  ["accounts", "max_concurrency", 0],
  ["accounts", "daily_quota_nanos", -1, "daily_quota_usd"],
  ["accounts", "quota_reset_hour", 24],
  ["accounts", "first_byte_timeout_ms", 1e12, "first_byte_timeout_seconds"],
  ["accounts", "model_mapping", '{"a":"b*"}'],
  ["accounts", "allowed_models", JSON.stringify(Array.from({ length: 201 }, (_, at) => `m${at}`))],
  ["accounts", "protocols", '["morse"]'],
  ["accounts", "quirks", '{"extraBody":{"model":"another"}}'],
  ["accounts", "quirks", '{"unheardOf":true}'],
  ["accounts", "egress", '{"via":"carrier-pigeon"}'],
  ["accounts", "egress", '{"via":"binding","name":"not a name","tokenRequests":false}'],
  ["accounts", "project_id", "my-project-1"],
  ["api_keys", "policy", '{"allowedIps":["not an address"]}', "allowed_ips"],
  ["api_keys", "policy", '{"permissions":["everything"]}', "permissions"],
  ["api_keys", "policy", '{"costMultiplierMilli":-1000}', "cost_multiplier"],
  ["api_keys", "policy", '{"windowRequests":5}', "rate_limit_requests"],
  ["api_keys", "policy", '{"unpriced":"free"}', "unpriced"],
  ["api_keys", "policy", '{"weeklyResetDay":9}', "weekly_reset_day"],
  ["api_keys", "tags", JSON.stringify(Array.from({ length: 51 }, (_, at) => `t${at}`))],
  ["api_keys", "imported_from", "<script>"],
  ["account_groups", "strategy", "whoever"],
  ["model_aliases", "targets", "[]"],
  ["model_aliases", "name", "mine", "targets"],
  ["templates", "fields", '{"cost_multiplier":"free"}'],
  ["templates", "fields", '{"unheard_of":1}'],
  ["price_overrides", "price", price({ input: -1 })],
  ["price_overrides", "price", price({ input: 1e15 })],
  ["price_overrides", "price", '{"output":1}'],
  ["price_overrides", "price", price({ units: { images: 0.5 } })],
  ["alert_channels", "max_per_hour", 1_000_000],
  ["alert_channels", "shown", '{"url":"somewhere.else"}'],
])("a row of %s whose %s is %j is refused by its name, and none of its page is written", async (...of) => {
  const [part, column, value, field = column] = of;
  const page = pageOf(oneOfEach, part);
  const { status, body } = await send(changed(page, { [column]: value }));
  const name = String(page.rows[0]?.[page.columns.indexOf(part === "price_overrides" ? "model" : "id")]);
  expect([status, body.error?.message]).toEqual([400, expect.stringContaining(field)]);
  if (!/cannot be read/.test(body.error.message)) expect(body.error.message).toContain(name);
  expect(await countOf(part)).toBe(0);
  // And the page as it was is no trouble.
  expect((await send(page)).status).toBe(200);
  expect(await countOf(part)).toBe(1);
});

test.each([
  ["pool_strategy", "whoever"],
  ["request_log_days", "-3"],
  ["hourly_usage_days", "1e9"],
  ["alerts", '{"keyPercent":500}'],
  ["alerts", '{"digestHour":77}'],
  ["alerts", '{"quietHours":{"from":"99:99","to":"00:00"}}'],
  ["alerts", '{"releaseFeedUrl":"https://169.254.169.254/"}'],
])("a setting %s of %j is refused by its name", async (name, value) => {
  const { status, body } = await send({
    part: "settings",
    columns: ["name", "value"],
    rows: [[name, value]],
    secrets: {},
  });
  expect([status, body.error?.message]).toEqual([400, expect.stringContaining(`settings ${name}`)]);
});

test("whatever the API has taken is restored", async () => {
  const { id } = await makeAccount({
    extra_headers: { "x-team": "relay" },
    cost_multiplier: "0.85",
    daily_quota_usd: "12.5",
    model_mapping: { "claude-*": "my-*" },
    quirks: { extra_body: { top_k: 3 }, without: ["tool-choice"] },
    first_byte_timeout_seconds: 12.5,
    expires_at: "2031-01-31T00:00:00Z",
  });
  await asAdmin("PATCH", "/admin/settings", { request_log_days: null, pool_strategy: "random" });
  await asAdmin("PUT", "/admin/alerts/settings", {
    daily_budget_usd: "5",
    quiet_hours: { from: "22:00", to: "07:00" },
  });
  const price = {
    input: "3",
    output: "15",
    tiers: [{ above_tokens: 200_000, input: "6", output: "22.5" }],
    per_image: "0.04",
  };
  await asAdmin("PUT", "/admin/prices/my-model", price);
  await asAdmin("POST", "/admin/templates", { name: "t", activation_hours: 5, weekly_cost_limit_usd: "3", tags: [] });
  await asAdmin("POST", "/admin/templates", { name: "u", ...storedFields({ activation_days: 2 }) });
  await makeKey({
    activation_days: 30,
    bound_account_id: id,
    allowed_ips: ["10.0.0.0/8"],
    total_cost_limit_usd: "0.000000001",
  });
  await makeKey({ rate_limit_window_minutes: 5, rate_limit_requests: 3, concurrency_limit: 2, queue_size: 4 });
  await makeOneOfEach();
  const { pages } = await takeBackup();
  await moveToAnotherRelay(OWN);
  const report = await restore(pages);
  expect(report).toMatchObject({
    accounts: { made: 2, lacking: [] },
    api_keys: { made: 3 },
    price_overrides: { made: 1 },
  });
});

test.each([
  ["keys", "tiny-text", "too short"],
  ["keys", "a".repeat(31), "too short"],
  ["keys", `${"a".repeat(32)},${"b".repeat(32)}`, "comma"],
  ["imported_keys", "", "not set"],
  ["everything", "a".repeat(32), "used_for"],
])("a secret for %s that is %j is refused, and no key proves itself with it", async (use, secret, why) => {
  const page = {
    part: "key_secrets",
    columns: ["id", "used_for"],
    rows: [["0123456789ab", use]],
    secrets: { 0: secret },
  };
  const { status, body } = await send(page);
  expect([status, body.error?.message]).toEqual([400, expect.stringContaining(why)]);
  if (secret !== "") expect(JSON.stringify(body)).not.toContain(secret);
  expect(await countOf("key_secrets")).toBe(0);
});

test("more secrets of other relays than are read are refused, and those of a restore that came before still prove its keys", async () => {
  const secretOf = (at: number) => `secret-${at}-`.padEnd(40, "x");
  const some = (from: number, to: number) => {
    const all = Array.from({ length: to - from }, (_, at) => from + at);
    return {
      ...{ part: "key_secrets", columns: ["id", "used_for"], rows: all.map((at) => [`id-${at}`, "keys"]) },
      secrets: Object.fromEntries(all.map((at, place) => [place, secretOf(at)])),
    };
  };
  expect((await send(some(0, MOST_KEY_SECRETS - 1))).status).toBe(200);
  const { status, body } = await send(some(50, 52));
  expect([status, body.error?.message]).toEqual([400, expect.stringContaining(`${MOST_KEY_SECRETS} are the most`)]);
  expect(await countOf("key_secrets")).toBe(MOST_KEY_SECRETS - 1);
  expect((await send(some(50, 51))).status).toBe(200);
  // Each of those that are here already is no more.
  expect((await send(some(0, 5))).status).toBe(200);
});

test("more channels than the API makes are refused", async () => {
  await asAdmin("POST", "/admin/alerts/channels", { name: "ops", type: "webhook", config: WEBHOOK });
  const page = pageOf((await takeBackup()).pages, "alert_channels");
  const rows = Array.from({ length: MOST_CHANNELS }, (_, at) =>
    (page.rows[0] ?? []).map((value, column) => (page.columns[column] === "id" ? `alc_${at}` : value)),
  );
  const secrets = Object.fromEntries(rows.map((_, at) => [at, page.secrets[0] ?? ""]));
  const { status, body } = await send({ ...page, rows, secrets });
  expect([status, body.error?.message]).toEqual([400, expect.stringContaining(`${MOST_CHANNELS} are the most`)]);
  expect(await countOf("alert_channels")).toBe(1);
});

test("a channel that leads into a private network is left out by name, and the others come", async () => {
  await asAdmin("POST", "/admin/alerts/channels", { name: "ops", type: "webhook", config: WEBHOOK });
  const page = pageOf((await takeBackup()).pages, "alert_channels");
  const inside = { ...WEBHOOK, url: "https://169.254.169.254/alerts" };
  const crafted = changed(page, { id: "alc_inside", shown: '{"url":"169.254.169.254"}' });
  await moveToAnotherRelay(OWN);
  const { status, body } = await send({ ...crafted, secrets: { 0: JSON.stringify(inside) } });
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({ made: 0, lacking: [{ id: "alc_inside", reason: "address_refused" }] }),
  ]);
});

test("an account that leaves through a binding which this relay does not have is left out by name, in the dry run too", async () => {
  await makeAccount();
  const page = pageOf((await takeBackup()).pages, "accounts");
  const crafted = changed(page, {
    id: "acc_bound",
    egress: '{"via":"binding","name":"ELSEWHERE","tokenRequests":false}',
  });
  const lacking = [{ id: "acc_bound", reason: "binding_missing" }];
  for (const dryRun of [true, false]) {
    expect((await send(crafted, dryRun)).body).toMatchObject({ made: 0, lacking });
  }
  expect(await countOf("accounts")).toBe(1);
});

test.each([
  ["a\nb", "visible ASCII"],
  ["json {}", "cannot be read"],
  ['json {"type":"aws","accessKeyId":"a"}', "cannot be read"],
])("a credential that is %j is refused, and is not repeated", async (secret, why) => {
  await makeAccount();
  const { pages } = await takeBackup();
  await moveToAnotherRelay(OWN);
  expect((await send(pageOf(pages, "accounts"))).status).toBe(200);
  const page = pageOf(pages, "credentials");
  for (const dryRun of [true, false]) {
    const { status, body } = await send({ ...page, secrets: { 0: secret } }, dryRun);
    expect([status, body.error?.message]).toEqual([400, expect.stringContaining(why)]);
  }
  expect(await countOf("credentials")).toBe(0);
  expect((await send(changed(page, { position: 50 }))).status).toBe(400);
  expect((await send(page)).status).toBe(200);
});

test.each([
  [{ host: "elsewhere.test" }, ["host"]],
  [{ "x-gateway-key": "one" }, ["x-another-name"]],
])("headers for a gateway such as %j under the names %j are refused", async (headers, names) => {
  const columns = ["account_id", "names", "base_url", "egress", "account_updated_at"];
  const rows = [["acc_1", JSON.stringify(names), "https://api.test", "{}", 1]];
  const secrets = { 0: JSON.stringify(headers) };
  expect((await send({ part: "egress_headers", columns, rows, secrets })).status).toBe(400);
});
