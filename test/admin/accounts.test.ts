import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { kindOf } from "../../src/providers/kinds.ts";
import { credentialPlace } from "../../src/vault/places.ts";
import { open } from "../../src/vault/seal.ts";
import { asAdmin, everything } from "./client.ts";

const SECRET = "sk-ant-api03-a-secret-that-must-not-show-up-0001";
const OTHER = "sk-ant-api03-a-secret-that-must-not-show-up-0002";
const MINIMAL = { name: "main", platform: "anthropic", kind: "api-key", api_key: SECRET };

const create = (fields: object = {}, bindings?: Partial<Env>) =>
  asAdmin("POST", "/admin/accounts", { ...MINIMAL, ...fields }, bindings);

async function snapshotVersion(): Promise<number> {
  return Number(await env.DB.prepare("SELECT value FROM settings WHERE name = 'snapshot_version'").first("value"));
}

async function storedKeys(accountId: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT position, sealed, platform, base_url AS baseUrl FROM credentials JOIN accounts ON accounts.id = account_id
     WHERE account_id = ? ORDER BY position`,
  )
    .bind(accountId)
    .all<{ position: number; sealed: string; platform: string; baseUrl: string }>();
  return Promise.all(
    results.map(({ position, sealed, platform, baseUrl }) => {
      const kind = kindOf(platform, "api-key");
      if (!kind) throw new Error(`No account can be of ${platform}`);
      return open(sealed, credentialPlace({ id: accountId, kind, baseUrl }, position), env.ENCRYPTION_KEY);
    }),
  );
}

describe("making an account", () => {
  it("fills in what is left out, and answers hints in place of secrets", async () => {
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^acc_[0-9a-f]{32}$/),
      name: "main",
      platform: "anthropic",
      kind: "api-key",
      base_url: "https://api.anthropic.com",
      api_keys: [{ hint: "…0001" }],
      sign_in_ends_at: null,
      egress: { via: "direct" },
      egress_header_names: [],
      owner: "",
      shared: false,
      group_ids: [],
      status: "untested",
      status_condition: null,
      status_reason: null,
      status_until: null,
      last_error: null,
      last_test: null,
      last_answered_at: null,
      provider_quota: null,
      temporary_states: [],
      unsupported_parameters: [],
      priority: 50,
      weight: 1,
      max_concurrency: null,
      schedulable: true,
      cost_multiplier: 1,
      model_mapping: {},
      protocols: [],
      quirks: {},
      api_version: "",
      project_id: "",
      allowed_models: [],
      daily_quota_usd: null,
      quota_reset_hour: 0,
      expires_at: null,
      first_byte_timeout_seconds: null,
      idle_timeout_seconds: null,
      scheduled_test: false,
      extra_headers: {},
      note: "",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updated_at: body.created_at,
    });
    expect((await asAdmin("GET", `/admin/accounts/${body.id}`)).body).toEqual(body);
    expect(await storedKeys(body.id)).toEqual([SECRET]);
  });

  it("keeps its address and the names of headers normalised, and a multiplier given as text", async () => {
    const { body } = await create({
      base_url: "https://gateway.example.com/anthropic/v1/",
      cost_multiplier: "1.25",
      extra_headers: { "X-Team": "red" },
    });
    expect((await asAdmin("GET", `/admin/accounts/${body.id}`)).body).toMatchObject({
      base_url: "https://gateway.example.com/anthropic",
      cost_multiplier: 1.25,
      extra_headers: { "x-team": "red" },
    });
  });

  it("holds fifty keys in their order, and shows nothing of a short one", async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `sk-key-number-${String(index).padStart(4, "0")}`);
    const { status, body } = await create({ api_key: undefined, api_keys: [...keys.slice(0, 49), " short "] });
    expect(status).toBe(201);
    expect(await storedKeys(body.id)).toEqual([...keys.slice(0, 49), "short"]);
    const hints = body.api_keys as unknown as { hint: string }[];
    expect([hints[0]?.hint, hints[48]?.hint, hints[49]?.hint]).toEqual(["…0000", "…0048", "…"]);
  });

  it("stores the secret only sealed", async () => {
    const { body } = await create();
    expect(await everything()).not.toContain(SECRET);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it("is never answered by any route, in no form", async () => {
    const { body } = await create({ api_key: undefined, api_keys: [SECRET, OTHER] });
    const path = `/admin/accounts/${body.id}`;
    const sealed = await env.DB.prepare("SELECT sealed FROM credentials WHERE account_id = ?").bind(body.id).all();
    const secrets = [SECRET, OTHER, ...sealed.results.map((row) => String(row.sealed))];
    const answers = [
      body,
      await asAdmin("GET", path),
      await asAdmin("GET", "/admin/accounts?limit=200"),
      await asAdmin("GET", `/admin/accounts?search=${SECRET}`),
      await asAdmin("PATCH", path, { api_keys: [OTHER, SECRET] }),
      await asAdmin("PATCH", path, { api_keys: [OTHER, OTHER] }),
      await asAdmin("PATCH", path, { api_key: SECRET, [SECRET.slice(0, 3)]: 1 }),
      await asAdmin("DELETE", path),
    ];
    for (const secret of secrets) expect(JSON.stringify(answers)).not.toContain(secret);
  });

  it("names what is supported", async () => {
    for (const fields of [{ platform: "acme" }, { platform: "nonsense" }, { kind: "carrier-pigeon" }]) {
      const { status, body } = await create(fields);
      expect([status, body.error.details?.[0]?.field]).toEqual([400, Object.keys(fields)[0]]);
      expect(body.error.message).toContain("anthropic × api-key");
    }
  });

  it.each([
    ["name", { name: " " }],
    ["name", { name: undefined }],
    ["name", { name: 7 }],
    ["api_key", { api_key: undefined }],
    ["api_key", { api_key: "with space" }],
    ["api_key", { api_key: "line\nbreak" }],
    ["api_key", { api_keys: [OTHER] }],
    ["api_keys", { api_key: undefined, api_keys: [] }],
    ["api_keys", { api_key: undefined, api_keys: [OTHER, OTHER] }],
    ["base_url", { base_url: "http://gateway.example.com" }],
    ["base_url", { base_url: "https://169.254.169.254" }],
    ["base_url", { base_url: "https://127.0.0.1:8080" }],
    ["base_url", { base_url: "https://user:pass@gateway.example.com" }],
    ["base_url", { base_url: "nonsense" }],
    ["priority", { priority: 1.5 }],
    ["priority", { priority: "1" }],
    ["weight", { weight: 0 }],
    ["max_concurrency", { max_concurrency: 0 }],
    ["schedulable", { schedulable: "yes" }],
    ["model_mapping.opus", { model_mapping: { opus: 1 } }],
    ["extra_headers.host", { extra_headers: { Host: "x" } }],
    ["max_concurency", { max_concurency: 5 }],
    ["group_id", { group_id: "g" }],
  ])("refuses a bad %s by name and changes nothing: %j", async (field, fields) => {
    const before = await everything();
    const { status, body } = await create(fields, { ALLOW_PRIVATE_UPSTREAMS: "" });
    expect(status).toBe(400);
    expect(body.error.details?.map((detail) => detail.field)).toEqual([field]);
    expect(body.error.message).toContain(field);
    expect(await everything()).toBe(before);
  });

  it("names every problem at once, without repeating the secret", async () => {
    const { body } = await create({ api_key: `${SECRET} x`, weight: -1, surprise: 1, base_url: 5 });
    expect(body.error.details?.map(({ field }) => field).sort()).toEqual(["api_key", "base_url", "surprise", "weight"]);
    expect(JSON.stringify(body)).not.toContain(SECRET);
  });

  it("lets development reach this machine, and nothing else of the forbidden", async () => {
    const dev = { ALLOW_PRIVATE_UPSTREAMS: "1" };
    expect((await create({ base_url: "http://127.0.0.1:9999/v1" }, dev)).body.base_url).toBe("http://127.0.0.1:9999");
    expect((await create({ base_url: "http://169.254.169.254" }, dev)).status).toBe(400);
  });
});

describe("changing an account", () => {
  it("changes what is given and leaves the rest, the keys included", async () => {
    const { body } = await create({ priority: 7, note: "old", base_url: "https://a.example.com/anthropic" });
    const path = `/admin/accounts/${body.id}`;
    const changed = await asAdmin("PATCH", path, {
      name: "renamed",
      max_concurrency: 2,
      base_url: "https://a.example.com/v1",
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      name: "renamed",
      max_concurrency: 2,
      base_url: "https://a.example.com",
      priority: 7,
      note: "old",
      api_keys: [{ hint: "…0001" }],
    });
    expect((await asAdmin("PATCH", path, { max_concurrency: null })).body.max_concurrency).toBeNull();
    expect(await storedKeys(body.id)).toEqual([SECRET]);
  });

  it("replaces all keys when one is given", async () => {
    const { body } = await create({ api_key: undefined, api_keys: [SECRET, OTHER] });
    const changed = await asAdmin("PATCH", `/admin/accounts/${body.id}`, { api_key: `${OTHER}-new9` });
    expect(changed.body.api_keys).toEqual([{ hint: "…new9" }]);
    expect(await storedKeys(body.id)).toEqual([`${OTHER}-new9`]);
  });

  it("refuses what cannot be changed, by name, and changes nothing", async () => {
    const { body } = await create();
    const before = await everything();
    for (const fields of [
      { platform: "openai" },
      { kind: "carrier-pigeon" },
      { id: "x" },
      { base_url: "ftp://x.example.com" },
    ]) {
      const { status, body: refusal } = await asAdmin("PATCH", `/admin/accounts/${body.id}`, fields);
      expect([status, refusal.error.details?.[0]?.field]).toEqual([400, Object.keys(fields)[0]]);
    }
    expect(await everything()).toBe(before);
  });

  it("raises the snapshot version with every change, and with no refused one", async () => {
    const start = await snapshotVersion();
    const { body } = await create();
    expect(await snapshotVersion()).toBe(start + 1);
    await asAdmin("PATCH", `/admin/accounts/${body.id}`, { schedulable: false });
    expect(await snapshotVersion()).toBe(start + 2);
    await asAdmin("PATCH", `/admin/accounts/${body.id}`, { schedulable: "no" });
    expect(await snapshotVersion()).toBe(start + 2);
    await asAdmin("DELETE", `/admin/accounts/${body.id}`);
    expect(await snapshotVersion()).toBe(start + 3);
  });
});

describe("deleting an account", () => {
  it("takes its keys along, and is a 404 from then on", async () => {
    const { body } = await create();
    const path = `/admin/accounts/${body.id}`;
    expect((await asAdmin("DELETE", path)).body).toEqual({
      id: body.id,
      deleted: true,
      bound_keys: 0,
      sign_in_revocation: null,
    });
    expect(await storedKeys(body.id)).toEqual([]);
    for (const [method, fields] of [["GET"], ["PATCH", { name: "x" }], ["DELETE"]] as const) {
      const { status, body: refusal } = await asAdmin(method, path, fields);
      expect([status, refusal.error.type]).toEqual([404, "not_found_error"]);
    }
  });
});

describe("listing accounts", () => {
  it("pages newest first without gaps or repeats, and finds by a part of the name", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.unshift((await create({ name: `Paged 100%_${index}` })).body.id);
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await asAdmin("GET", `/admin/accounts?limit=2&search=paged%20100%25_${cursor}`);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : "";
    } while (cursor);
    // Within one millisecond the order of ids is chance.
    expect(seen.sort()).toEqual(ids.sort());
    expect((await asAdmin("GET", "/admin/accounts?search=100x_")).body.items).toEqual([]);
  });

  it("carries the right hints for every account of a long page", async () => {
    await env.DB.batch(
      Array.from({ length: 150 }, (_, index) => {
        const id = `acc_${String(index).padStart(32, "0")}`;
        const hint = String(index).padStart(4, "0");
        return [
          env.DB.prepare(
            "INSERT INTO accounts (id, name, platform, kind, base_url, created_at, updated_at) VALUES (?, 'bulk', 'anthropic', 'api-key', 'https://x', 1, 1)",
          ).bind(id),
          env.DB.prepare(
            "INSERT INTO credentials (account_id, position, sealed, hint) VALUES (?, 0, 'sealed', ?)",
          ).bind(id, hint),
        ];
      }).flat(),
    );
    const { status, body } = await asAdmin("GET", "/admin/accounts?limit=200&search=bulk");
    expect([status, body.items.length]).toEqual([200, 150]);
    for (const { id, api_keys } of body.items) expect(api_keys).toEqual([{ hint: `…${id.slice(-4)}` }]);
  });

  it.each([
    "limit=0",
    "limit=201",
    "limit=ten",
    "limit=-1",
    "cursor=nonsense",
    "cursor=",
    "serach=x",
    "limit=1&limit=2",
  ])("refuses ?%s", async (query) => expect((await asAdmin("GET", `/admin/accounts?${query}`)).status).toBe(400));
});

describe("the audit trail of accounts", () => {
  it("names who did what, and holds no secret", async () => {
    const { body } = await create({ note: "secret-note" });
    await asAdmin("PATCH", `/admin/accounts/${body.id}`, { api_key: OTHER, name: "audited" });
    await asAdmin("DELETE", `/admin/accounts/${body.id}`);
    const { results } = await env.DB.prepare("SELECT * FROM audit WHERE target = ?").bind(body.id).all();
    expect(results.map(({ actor, action }) => `${actor} ${action}`).sort()).toEqual([
      "admin account.create",
      "admin account.delete",
      "admin account.update",
    ]);
    const update = results.find(({ action }) => action === "account.update");
    expect(JSON.parse(String(update?.detail)).fields.sort()).toEqual(["api_key", "name"]);
    expect(JSON.stringify(results)).not.toMatch(/sk-ant|secret-note/);
  });
});
