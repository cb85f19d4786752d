/** A relay goes into a backup and comes out of it in another relay, with other secrets: what serves, serves on, and limits go on counting. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { channelPlace } from "../../src/alerts/place.ts";
import { openKey } from "../../src/pool/open-key.ts";
import { loadPool } from "../../src/store/snapshot.ts";
import { exitOf } from "../../src/vault/exit.ts";
import { open } from "../../src/vault/seal.ts";
import { asAdmin } from "../admin/client.ts";
import { keys, makeSubscription } from "../admin/resealing.ts";
import { ask, asked, behave, makeAccount, makeKey, report } from "../relay/relay-in-process.ts";
import { ANOTHER, moveToAnotherRelay, type Opened, permitFor, restore, takeBackup, totals } from "./through-the-api.ts";

const OWN = { ENCRYPTION_KEY: env.ENCRYPTION_KEY, KEY_SECRET: env.KEY_SECRET, LEGACY_KEY_PEPPER: "" };
const ANSWER = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5" },
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 1_000, output_tokens: 100 },
};

beforeEach(async () => {
  await moveToAnotherRelay(OWN);
  behave({ headers: { "content-type": "application/json" }, chunks: [JSON.stringify(ANSWER)] });
});
afterEach(() => vi.restoreAllMocks());

let conversations = 0;

async function answered(key: string): Promise<number> {
  const messages = [{ role: "user", content: `hello ${conversations++}` }];
  const response = await ask(key, { body: { stream: false, messages } });
  await response.text();
  return response.status;
}

function pagesOf(pages: Opened[], part: string): Opened[] {
  return pages.filter((page) => page.part === part);
}

test("keys, accounts and what belongs to them serve in another relay as they did", async () => {
  const { id: account } = await makeAccount({ api_key: undefined, api_keys: keys(5, "a") });
  await makeAccount({
    egress: { via: "gateway", base_url: "https://gateway.test/claude" },
    egress_headers: { "cf-aig-authorization": "Bearer of-the-gateway" },
    schedulable: false,
  });
  const group = await asAdmin("POST", "/admin/groups", { name: "a group", account_ids: [account] });
  await asAdmin("POST", "/admin/aliases", { name: "mine", targets: [{ model: "claude-sonnet-4-5" }] });
  await asAdmin("POST", "/admin/templates", { name: "a template", concurrency_limit: 3 });
  await asAdmin("PUT", "/admin/settings/pool-strategy", { strategy: "failover" });
  const key = await makeKey({ name: "of a group", bound_group_id: group.body.id, rate_limit_tier: "a template" });
  expect(await answered(key.key)).toBe(200);
  const before = await totals();
  const { pages } = await takeBackup();

  await moveToAnotherRelay();
  const restored = await restore(pages);
  expect(restored.accounts).toMatchObject({ made: 2, kept: 0 });
  expect(restored.credentials).toMatchObject({ made: 6, kept: 0, lacking: [] });
  expect(restored.api_keys).toMatchObject({ made: 1, kept: 0, lacking: [] });
  const { audit: _audit, ...now } = await totals();
  const { audit: _before, key_secrets: _secrets, ...then } = before;
  // The backup wrote the last sums out before it read them.
  expect(now).toMatchObject({ ...then, ...pickSums(now), key_secrets: { rows: 1 } });

  expect(await answered(key.key)).toBe(200);
  expect((await asAdmin("GET", `/admin/api-keys/${key.id}?reveal=1`)).body.api_key).toBe(key.key);
  const { accounts } = await loadPool(env, Date.now());
  const owner = accounts.find(({ id }) => id === account);
  const secrets = owner?.apiKeys.map(async ({ id }) => await openKey(env, owner, id)) ?? [];
  expect(await Promise.all(secrets)).toEqual(keys(5, "a").map((secret) => ({ type: "api-key", secret })));
  const gateway = accounts.find(({ egress }) => egress.via === "gateway");
  const exit = gateway && (await exitOf(env, gateway));
  if (!exit?.ok) throw new Error("there is no exit through the gateway");
  await exit.value(`${gateway?.baseUrl}/v1/messages`, { method: "POST" });
  expect(asked.at(-1)?.headers.get("cf-aig-authorization")).toBe("Bearer of-the-gateway");
});

function pickSums(all: Record<string, unknown>) {
  return Object.fromEntries(
    ["usage_hourly", "client_hourly", "key_figures", "account_answers", "refusals_hourly"].map((part) => [
      part,
      all[part],
    ]),
  );
}

test("a key's total, day, week, window and lifetime go on from where they were", async () => {
  await makeAccount();
  const limits = { total_cost_limit_usd: "10", daily_cost_limit_usd: "5", weekly_cost_limit_usd: "7" };
  const { id, key } = await makeKey({
    ...limits,
    rate_limit_window_minutes: 60,
    rate_limit_requests: 4,
    activation_days: 30,
  });
  for (let at = 0; at < 3; at++) expect(await answered(key)).toBe(200);
  const before = await report(id);
  expect(before.totals.requests).toBe(3);
  const { pages } = await takeBackup();

  await moveToAnotherRelay();
  await restore(pages);
  const after = await report(id);
  expect(after).toMatchObject({
    ...{ firstUsedAt: before.firstUsedAt, window: before.window, day: before.day, week: before.week },
    ...{ totals: before.totals, expiresAt: before.expiresAt, policy: before.policy },
  });
  expect(await answered(key)).toBe(200);
  expect(await answered(key), "the fifth of a window of four").toBe(429);
  expect((await report(id)).totals.requests).toBe(4);
});

test("the sums and the log of a backup are those that the relay had, request by request where it is asked for", async () => {
  await makeAccount();
  const { key } = await makeKey();
  await answered(key);
  await answered(key);
  const { pages } = await takeBackup(["requests"]);
  const before = await totals();
  await moveToAnotherRelay();
  await restore(pages);
  const after = await totals();
  for (const part of ["usage_hourly", "usage_daily", "client_hourly", "requests", "refusals_hourly", "key_figures"]) {
    expect(after[part], part).toEqual(before[part]);
  }
  expect(after.requests).toMatchObject({ rows: 2 });
});

test("no answer of a backup has a secret in it, and each is in a box", async () => {
  await makeAccount({ api_key: "sk-upstream-secret-0123456789" });
  await makeSubscription("one");
  const { key } = await makeKey();
  const { answers, pages } = await takeBackup(["sign_ins"]);
  const said = answers.join("\n");
  for (const secret of ["sk-upstream-secret", key, "access-one", "refresh-one", env.KEY_SECRET, env.ENCRYPTION_KEY]) {
    expect(said.includes(secret), secret.slice(0, 12)).toBe(false);
  }
  expect(Object.values(pagesOf(pages, "credentials")[0]?.secrets ?? {})).toEqual(["sk-upstream-secret-0123456789"]);
  expect(Object.values(pagesOf(pages, "api_keys")[0]?.secrets ?? {})).toEqual([key]);
  expect(JSON.stringify(pages).includes(env.ENCRYPTION_KEY), "the relay's own key stays here").toBe(false);
});

test("sign-ins come along where they were asked for, and work in another relay", async () => {
  const account = await makeSubscription("one");
  const { pages } = await takeBackup(["sign_ins"]);
  await moveToAnotherRelay();
  expect((await restore(pages)).sign_ins).toMatchObject({ made: 1, lacking: [] });
  const found = (await loadPool(env, Date.now())).accounts.find(({ id }) => id === account);
  const credential = found && (await openKey(env, found, found.apiKeys[0]?.id ?? ""));
  expect(credential).toMatchObject({ type: "oauth", access: "access-one" });
});

test("without them an account that is signed in to comes along and waits to be signed in to", async () => {
  const account = await makeSubscription("one");
  const { pages } = await takeBackup();
  expect(pagesOf(pages, "sign_ins")).toEqual([]);
  await moveToAnotherRelay();
  await restore(pages);
  expect((await asAdmin("GET", `/admin/accounts/${account}`)).body.status).toBe("sign_in_needed");
});

test("a second restore of the same backup changes nothing, also where the first has broken off in the middle", async () => {
  await makeAccount();
  const { id, key } = await makeKey();
  await answered(key);
  const { pages } = await takeBackup(["requests"]);
  await moveToAnotherRelay();
  await restore(pages, { only: ["key_secrets", "accounts", "credentials", "api_keys"] });
  await answered(key);
  const used = (await report(id)).totals;
  expect(used.requests).toBe(2);
  const second = await restore(pages);
  expect(second.api_keys).toMatchObject({ made: 0, kept: 1 });
  expect((await report(id)).totals).toEqual(used);
  const after = await totals();
  for (const { made } of Object.values(await restore(pages))) expect(made).toBe(0);
  const { audit: _later, ...again } = await totals();
  const { audit: _earlier, ...once } = after;
  expect(again).toEqual(once);
});

test("what a restore made before it was cut off is heard of by every isolate once the same line is run again", async () => {
  await makeAccount();
  const { pages } = await takeBackup();
  await moveToAnotherRelay();
  const version = () => env.DB.prepare("SELECT value FROM settings WHERE name = 'snapshot_version'").first("value");
  const before = await version();
  const DB = new Proxy(env.DB, {
    get(target, member) {
      if (member !== "prepare") return Reflect.get(target, member).bind(target);
      return (sql: string) => {
        if (/^(?:update "settings"|insert into "?audit)/i.test(sql)) throw new Error("D1 is away");
        return target.prepare(sql);
      };
    },
  });
  for (const { part, columns, rows, secrets } of pagesOf(pages, "accounts")) {
    const sent = { permit: await permitFor("restore"), part, columns, rows, secrets };
    expect((await asAdmin("POST", "/admin/backup/rows", sent, { DB })).status).toBe(500);
  }
  expect(await env.DB.prepare("SELECT count(*) AS n FROM accounts").first("n")).toBe(1);
  expect(await restore(pages, { only: ["accounts"] })).toMatchObject({ accounts: { made: 0, kept: 1 } });
  expect(await version()).not.toBe(before);
});

test("a dry run says the same and does nothing", async () => {
  await makeAccount();
  const { key } = await makeKey();
  await asAdmin("POST", "/admin/groups", { name: "taken", account_ids: [] });
  await answered(key);
  const { pages } = await takeBackup();
  await moveToAnotherRelay();
  await asAdmin("POST", "/admin/groups", { name: "taken", account_ids: [] });
  const before = await totals();
  const dry = await restore(pages, { dryRun: true });
  const { audit: _begun, ...untouched } = await totals();
  expect(before).toMatchObject(untouched);
  const real = await restore(pages);
  const counts = (all: typeof dry) =>
    Object.entries(all)
      .filter(([part]) => part !== "group_members")
      .map(([part, { made, kept, renamed }]) => [part, made, kept, renamed]);
  expect(counts(real)).toEqual(counts(dry));
  expect(real.account_groups?.renamed).toMatchObject([
    { from: "taken", to: expect.stringMatching(/^taken \(\w{6}\)$/) },
  ]);
});

test("a relay that has something of its own keeps it, and gets what it lacks", async () => {
  const { id } = await makeAccount({ name: "in the backup" });
  await asAdmin("POST", "/admin/aliases", { name: "fast", targets: [{ model: "claude-haiku-4-5" }] });
  await asAdmin("PUT", "/admin/settings/pool-strategy", { strategy: "failover" });
  const { pages } = await takeBackup();
  await asAdmin("PATCH", `/admin/accounts/${id}`, { name: "changed since", api_key: "sk-changed-since-0123" });
  const { id: other } = await makeAccount();
  await asAdmin("PUT", "/admin/settings/pool-strategy", { strategy: "round-robin" });
  const result = await restore(pages);
  expect(result.accounts).toMatchObject({ made: 0, kept: 1 });
  expect(result.credentials).toMatchObject({ made: 0, kept: 1 });
  const { accounts } = await loadPool(env, Date.now());
  expect(accounts.map((account) => account.id).sort()).toEqual([id, other].sort());
  const changed = accounts.find((account) => account.id === id);
  expect(changed?.name).toBe("changed since");
  expect(changed && (await openKey(env, changed, changed.apiKeys[0]?.id ?? ""))).toMatchObject({
    secret: "sk-changed-since-0123",
  });
});

test("no credential of a backup goes to an account that leads elsewhere here", async () => {
  const { id } = await makeAccount({ api_key: "sk-for-the-old-host-0123" });
  const { pages } = await takeBackup();
  await moveToAnotherRelay();
  await restore(pages, { only: ["accounts"] });
  await env.DB.prepare("UPDATE accounts SET base_url = 'https://elsewhere.test' WHERE id = ?").bind(id).run();
  expect((await restore(pages, { only: ["credentials"] })).credentials).toMatchObject({ made: 0 });
  expect(await env.DB.prepare("SELECT count(*) AS n FROM credentials").first()).toEqual({ n: 0 });
});

test("keys that were imported from yet another relay work after the move as well, without a setting", async () => {
  await makeAccount();
  Object.assign(env, { LEGACY_KEY_PEPPER: "pepper-of-another-relay-0123456789" });
  const api_key = "cr_of_another_relay_0123456789";
  const imported = { imported_from: "claude-relay-service", keys: [{ name: "imported", api_key }] };
  expect((await asAdmin("POST", "/admin/api-keys/import", imported)).status).toBe(200);
  expect(await answered(api_key)).toBe(200);
  const { pages } = await takeBackup();
  await moveToAnotherRelay({ ...ANOTHER, LEGACY_KEY_PEPPER: "" });
  expect(await answered(api_key)).toBe(401);
  expect((await restore(pages)).api_keys).toMatchObject({ made: 1, lacking: [] });
  expect(await answered(api_key)).toBe(200);
  expect(await answered(`${api_key}x`)).toBe(401);
});

test("alert channels and their settings come along, and send from there", async () => {
  const config = { url: "https://hooks.test/alerts", secret: "a-secret-of-the-webhook-0123" };
  const made = await asAdmin("POST", "/admin/alerts/channels", { name: "ops", type: "webhook", config });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  await asAdmin("PATCH", "/admin/alerts/settings", { digest: "week" });
  const { answers, pages } = await takeBackup();
  expect(answers.join().includes(config.secret)).toBe(false);
  await moveToAnotherRelay();
  expect((await restore(pages)).alert_channels).toMatchObject({ made: 1, lacking: [] });
  expect((await asAdmin("GET", "/admin/alerts/settings")).body.digest).toBe("week");
  const { results } = await env.DB.prepare("SELECT id, sealed FROM alert_channels").all<{
    id: string;
    sealed: string;
  }>();
  const [channel] = results;
  const opened = await open(channel?.sealed ?? "", channelPlace(channel?.id ?? ""), env.ENCRYPTION_KEY);
  expect(JSON.parse(opened)).toMatchObject(config);
});

test("a backup of an earlier version, which knew fewer columns, is restored with what the tables have by themselves", async () => {
  await makeAccount();
  const { key } = await makeKey();
  const { pages } = await takeBackup();
  const lacks = (part: string) => (part === "accounts" ? ["project_id", "egress"] : ["imported_from"]);
  const earlier = pages.map((page): Opened => {
    if (page.part !== "accounts" && page.part !== "api_keys") return page;
    const kept = page.columns
      .map((column, at) => ({ column, at }))
      .filter(({ column }) => !lacks(page.part).includes(column));
    return {
      ...page,
      columns: kept.map(({ column }) => column),
      rows: page.rows.map((row) => kept.map(({ at }) => row[at] ?? null)),
    };
  });
  await moveToAnotherRelay();
  await restore(earlier);
  expect(await answered(key)).toBe(200);
});

test("an account that leads where this relay does not send is left out and named", async () => {
  const { id } = await makeAccount({ base_url: "http://127.0.0.1:8080" });
  await makeAccount();
  const { pages } = await takeBackup();
  await moveToAnotherRelay({ ...ANOTHER, ALLOW_PRIVATE_UPSTREAMS: "0" });
  try {
    const { accounts, credentials } = await restore(pages);
    expect(accounts).toMatchObject({ made: 1, kept: 0, lacking: [{ id, reason: "address_refused" }] });
    expect(credentials).toMatchObject({ made: 1 });
  } finally {
    Object.assign(env, { ALLOW_PRIVATE_UPSTREAMS: "1" });
  }
});
