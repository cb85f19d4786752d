import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { IMPORTED_AT_ONCE, pepperFingerprint } from "../../src/keys/legacy-key.ts";
import worker from "../../src/worker.ts";
import { asAdmin, type Body, everything } from "../admin/client.ts";
import { asked, behave, makeAccount } from "../relay/relay-in-process.ts";

/** What claude-relay-service calls ENCRYPTION_KEY. */
const PEPPER = "3f6c1b9a2e8d47056b1c9e0f4a7d2358";
const WITH_PEPPER = { LEGACY_KEY_PEPPER: PEPPER };

/** As claude-relay-service digests a key (src/services/apiKeyService.js, `_hashApiKey`). */
const digestOf = (key: string) => createHash("sha256").update(`${key}${PEPPER}`).digest("hex");

const crsKey = (digit: string) => `cr_${digit.repeat(64)}`;

const importKeys = (keys: object[], bindings: Partial<Env> = WITH_PEPPER, more: object = {}) =>
  asAdmin("POST", "/admin/api-keys/import", { imported_from: "claude-relay-service", keys, ...more }, bindings);

const resultsOf = ({ results }: Body) => results as { id: string; outcome: string; used_told: boolean }[];

/** A request as a client sends it, to a relay with these bindings. */
async function get(path: string, headers: Record<string, string>, bindings: Partial<Env> = WITH_PEPPER) {
  const ctx = createExecutionContext();
  const request = new Request(`http://relay${path}`, { headers }) as Request<unknown, IncomingRequestCfProperties>;
  const response = await worker.fetch(request, { ...env, ...bindings }, ctx);
  const body = (await response.json()) as Body;
  await waitOnExecutionContext(ctx);
  return { status: response.status, body };
}

describe("a key of claude-relay-service", () => {
  it("is known by its digest alone, and works with its old value in each place that clients send keys in", async () => {
    const key = crsKey("a");
    const { status, body } = await importKeys([{ name: "from CRS", digest: digestOf(key), tags: ["team"] }]);
    expect(status).toBe(200);
    expect(body).toMatchObject({ created: 1, results: [{ outcome: "created", used_told: true }] });
    expect(JSON.stringify(body)).not.toContain(digestOf(key));

    for (const headers of [{ "x-api-key": key }, { authorization: `Bearer ${key}` }, { "x-goog-api-key": key }]) {
      expect((await get("/api/usage", headers)).status).toBe(200);
    }
    expect((await get(`/api/usage?key=${key}`, {})).status).toBe(200);
  });

  it("is refused where nobody has imported it, and where the relay has no pepper", async () => {
    const key = crsKey("b");
    await importKeys([{ name: "b", digest: digestOf(key) }]);
    expect((await get("/api/usage", { "x-api-key": crsKey("c") })).status).toBe(401);
    expect((await get("/api/usage", { "x-api-key": key }, {})).status).toBe(401);
    expect((await get("/api/usage", { "x-api-key": key })).status).toBe(200);
  });

  it("has no text here: a reveal says so, a paste finds it, and nothing is sealed anew for it", async () => {
    const key = crsKey("d");
    const { body } = await importKeys([{ name: "no text", digest: digestOf(key) }]);
    const [{ id = "" } = {}] = resultsOf(body);
    expect((await asAdmin("GET", `/admin/api-keys/${id}?reveal=1`)).body.error.message).toContain("by its digest");
    expect((await asAdmin("GET", `/admin/api-keys/${id}`)).body).toMatchObject({
      name: "no text",
      revealable: false,
      imported_from: "claude-relay-service",
    });
    const found = await asAdmin("GET", `/admin/api-keys?search=${key}`, undefined, WITH_PEPPER);
    expect(found.body.items.map((item) => item.id)).toEqual([id]);
    const route = await asAdmin(
      "GET",
      `/admin/route?key=${key}&model=claude-sonnet-4-5&protocol=anthropic`,
      undefined,
      WITH_PEPPER,
    );
    expect(route.body).toMatchObject({ key_id: id });
    const newKey = "a-newer-encryption-key-0123456789abcdef0123456789";
    const rotated = { ENCRYPTION_KEY: `${newKey},${env.ENCRYPTION_KEY}` };
    expect((await asAdmin("POST", "/admin/reseal", {}, rotated)).body).toMatchObject({ not_resealed: [] });
  });

  it("goes by its rules, and stops when it is deleted", async () => {
    const key = crsKey("e");
    const { body } = await importKeys([{ name: "expired", digest: digestOf(key), expires_at: "2020-01-01T00:00:00Z" }]);
    expect((await get("/v1/models", { "x-api-key": key })).body.error.message).toContain("expired");
    const [{ id = "" } = {}] = resultsOf(body);
    await asAdmin("PATCH", `/admin/api-keys/${id}`, { expires_at: null });
    // Nobody serves it; the key is let through.
    expect((await get("/v1/models", { "x-api-key": key })).status).toBe(404);
    await asAdmin("DELETE", `/admin/api-keys/${id}`);
    expect((await get("/v1/models", { "x-api-key": key })).status).toBe(401);
  });

  it("brings what it has used: its limits and its holder's figures go on from there, once", async () => {
    const key = crsKey("f");
    const used = {
      ...{ requests: 41, input_tokens: 1_000, output_tokens: 200, cache_write_tokens: 30, cache_read_tokens: 4_000 },
      ...{ total_cost_usd: "12.5", today_cost_usd: "2", week_cost_usd: "7", first_used_at: "2026-01-02T00:00:00Z" },
    };
    const one = { name: "used", digest: digestOf(key), total_cost_limit_usd: "12.5", used };
    const { body } = await importKeys([one]);
    const [{ id = "" } = {}] = resultsOf(body);
    expect((await get("/api/usage", { "x-api-key": key })).body).toMatchObject({ requests: 41, cost_usd: "12.5" });
    expect((await asAdmin("GET", `/admin/api-keys/${id}/live`)).body).toMatchObject({
      today: { cost_usd: "2" },
      week: { cost_usd: "7" },
      total: { requests: 41, tokens: 5_230, cost_usd: "12.5" },
      activated_at: "2026-01-02T00:00:00.000Z",
    });
    expect((await asAdmin("GET", `/admin/api-keys/${id}`)).body).toMatchObject({ state: "budget_used" });

    const again = await importKeys([{ ...one, used: { ...used, requests: 99, total_cost_usd: "99" } }]);
    expect(again.body).toMatchObject({ created: 0, results: [{ id, outcome: "exists", used_told: true }] });
    expect((await get("/api/usage", { "x-api-key": key })).body).toMatchObject({ requests: 41, cost_usd: "12.5" });
  });
});

describe("a key whose text is known", () => {
  it("is none of the relay's own: a digest that begins as one's id tells its gate nothing", async () => {
    const own = await asAdmin("POST", "/admin/api-keys", { name: "own", total_cost_limit_usd: "5" });
    const used = { requests: 1, total_cost_usd: "5" };
    const digest = `${own.body.id}${"0".repeat(32)}`;
    const { status, body } = await importKeys([{ name: "a file's", digest, used }]);
    expect([status, body.error.details?.[0]?.field]).toEqual([400, "keys.0"]);
    const { body: quota } = await get("/api/usage/quota", { "x-api-key": String(own.body.api_key) });
    expect(quota).toMatchObject({ state: "active" });
  });

  it("works with its old value, without a cr_ before it, and can be shown again", async () => {
    const key = "sk-Jp3Vt8Qz1Wn6Xy5Rb0Lk7Mh2Gd9Fc4SaTeUiOvBwCxDyEz";
    const { body } = await importKeys([{ name: "one-api", api_key: key }], WITH_PEPPER, { imported_from: "one-api" });
    const [{ id = "" } = {}] = resultsOf(body);
    expect((await get("/api/usage", { authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await asAdmin("GET", `/admin/api-keys/${id}?reveal=1`)).body).toMatchObject({ api_key: key });
    expect((await asAdmin("GET", `/admin/api-keys/${id}`)).body).toMatchObject({ revealable: true });
    expect((await asAdmin("GET", `/admin/api-keys?search=${key}`, undefined, WITH_PEPPER)).body.items).toHaveLength(1);
    expect(await everything()).not.toContain(key);
  });

  it("is ignored beside a cr_ key, and refused where two of them disagree", async () => {
    const [one = "", two = ""] = ["sk-aaaaaaaaaaaaaaaaaaaaaaaa", "sk-bbbbbbbbbbbbbbbbbbbbbbbb"];
    await importKeys([one, two].map((api_key) => ({ name: api_key.slice(3, 5), api_key })));
    expect(
      (await get("/api/usage", { "x-api-key": one, authorization: `Bearer ${two}` })).body.error.message,
    ).toContain("Two different");
    expect(
      (await get("/api/usage", { "x-api-key": one, authorization: "Bearer eyJhbGciOi.someones-token.x" })).status,
    ).toBe(200);
    const own = (await asAdmin("POST", "/admin/api-keys", { name: "own" })).body.api_key;
    expect((await get("/api/usage", { "x-api-key": own, authorization: `Bearer ${one}` })).body).toMatchObject({
      requests: 0,
    });
  });
});

describe("an imported key that a client sends where it does not belong", () => {
  const key = "our-old-relay.0123456789abcdef";
  const sent = { "x-goog-api-key": key };
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ["the whole of it", `/gemini/v1beta/models?pageToken=${key}`, sent],
    ["with more around it", `/gemini/v1beta/models?pageToken=p-${key}.1`, sent],
    [
      "escaped, and sent in the query alone",
      `/gemini/v1beta/models?key=${key}&pageToken=%6Fur-old-relay.0123456789abcdef`,
      {},
    ],
  ])("does not go upstream in a query: %s", async (_, path, headers) => {
    await makeAccount({ platform: "gemini" });
    await importKeys([{ name: "ours", api_key: key }]);
    behave({ headers: { "content-type": "application/json" }, chunks: ['{"models":[]}'] });
    const { status, body } = await get(path, headers);
    expect([status, body.error.message]).toEqual([400, expect.stringContaining("pageToken")]);
    expect(asked).toEqual([]);
    expect((await get("/gemini/v1beta/models?pageToken=of-the-list", sent)).status).toBe(200);
    expect(asked.map(({ url }) => new URL(url).search)).toEqual(["?pageToken=of-the-list"]);
  });

  it.each([
    ["an imported one", `${key}-for-codex`],
    ["one of the relay's own", null],
  ])("does not come into the log with the user agent that a rule refuses: %s", async (_, imported) => {
    const log = vi.spyOn(console, "info").mockImplementation(() => undefined);
    const rules = { name: "codex alone", allowed_clients: ["codex"] };
    if (imported) await importKeys([{ ...rules, api_key: imported }]);
    const apiKey = imported ?? String((await asAdmin("POST", "/admin/api-keys", rules)).body.api_key);
    const asks = async (userAgent: string) => {
      const { status } = await get("/v1/models", { "x-api-key": apiKey, "user-agent": userAgent });
      expect(status).toBe(403);
      return log.mock.calls
        .map(String)
        .filter((line) => line.includes('"client_refused"'))
        .at(-1);
    };
    expect(await asks(`tool/1 (${apiKey})`)).toContain('"user_agent":"(holds a key)"');
    expect(await asks("tool/1")).toContain('"user_agent":"tool/1"');
    expect(log.mock.calls.join()).not.toContain(apiKey);
  });
});

describe("an import that cannot be", () => {
  it.each([
    ["a key without a digest and without a text", { name: "x" }, "digest or api_key"],
    ["a short key", { name: "x", api_key: "sk-short" }, "keys.0.api_key"],
    ["a digest that is none", { name: "x", digest: "ab" }, "keys.0.digest"],
    [
      "a limit that needs a window",
      { name: "x", digest: "0".repeat(64), rate_limit_requests: 5 },
      "keys.0.rate_limit_requests",
    ],
    [
      "a binding to nothing",
      { name: "x", digest: "0".repeat(64), bound_account_id: "acc_none" },
      "keys.0.bound_account_id",
    ],
  ])("is refused whole: %s", async (_, key, named) => {
    const before = await everything();
    const { status, body } = await importKeys([{ name: "good", digest: "1".repeat(64) }, key].reverse());
    expect(status).toBe(400);
    expect(JSON.stringify(body.error)).toContain(named);
    expect(await everything()).toBe(before);
  });

  it("says that the pepper is missing, or is another one", async () => {
    const key = { name: "x", digest: "2".repeat(64) };
    const missing = await importKeys([key], {});
    expect(missing.status).toBe(503);
    expect(missing.body.error.message).toContain("wrangler secret put LEGACY_KEY_PEPPER");
    const other = await importKeys([key], WITH_PEPPER, { pepper_fingerprint: await pepperFingerprint("another") });
    expect(other.status).toBe(409);
    const same = await importKeys([key], WITH_PEPPER, { pepper_fingerprint: await pepperFingerprint(PEPPER) });
    expect(same.status).toBe(200);
  });

  it("is found by its text, whatever its form is", async () => {
    const api_key = "my-own-relay/0123456789abcdefghij";
    await importKeys([{ name: "odd form", api_key }]);
    const search = `/admin/api-keys?search=${encodeURIComponent(api_key)}`;
    const names = async (bindings: Partial<Env>) =>
      (await asAdmin("GET", search, undefined, bindings)).body.items.map(({ name }) => name);
    expect(await names(WITH_PEPPER)).toEqual(["odd form"]);
    expect(await names({ LEGACY_KEY_PEPPER: "" })).toEqual([]);
  });

  it("and as many as one request may have ask everything fewer than fifty times, with groups, limits and what they have used", async () => {
    const { body: group } = await asAdmin("POST", "/admin/groups", { name: "imported into" });
    const used = { requests: 5, total_cost_usd: "1", today_cost_usd: "0.5" };
    const many = Array.from({ length: IMPORTED_AT_ONCE }, (_, at) => ({
      ...{ name: `many ${at}`, digest: at.toString(16).padStart(2, "0").padEnd(64, "7"), tags: ["team"], used },
      ...{ bound_group_id: group.id, total_cost_limit_usd: "5", concurrency_limit: 2 },
    }));
    let asked = 0;
    const counting = <Binding extends object>(binding: Binding, calls: readonly string[]): Binding =>
      new Proxy(binding, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => {
            if (calls.includes(String(name))) asked++;
            return value.apply(target, args);
          };
        },
      });
    // A statement that is prepared is asked once, by itself or in a batch, which is one question: so this counts too many.
    const bindings = { ...WITH_PEPPER, DB: counting(env.DB, ["prepare"]), GATE: counting(env.GATE, ["getByName"]) };
    const { status, body } = await importKeys(many, bindings);
    expect([status, body.created]).toEqual([200, IMPORTED_AT_ONCE]);
    expect(resultsOf(body).every(({ used_told }) => used_told)).toBe(true);
    expect(asked).toBeGreaterThan(IMPORTED_AT_ONCE);
    expect(asked).toBeLessThanOrEqual(50);
    expect((await importKeys([...many, { ...many[0], name: "one more", digest: "8".repeat(64) }])).status).toBe(400);
  });

  it("takes no key of this relay itself", async () => {
    const own = (await asAdmin("POST", "/admin/api-keys", { name: "own" })).body.api_key;
    expect((await importKeys([{ name: "own", api_key: own }])).body.error.message).toContain("of this relay itself");
  });
});

it("2,000 forged keys at a relay with imported keys are refused from memory", async () => {
  const key = crsKey("9");
  await importKeys([{ name: "known", digest: digestOf(key) }]);
  expect((await get("/api/usage", { "x-api-key": key })).status).toBe(200);
  const touched: string[] = [];
  const guarded = (name: string) =>
    new Proxy({}, { get: (_, member) => touched.push(`${name}.${String(member)}`) && undefined });
  const bindings = { ...WITH_PEPPER, DB: guarded("DB"), GATE: guarded("GATE") } as unknown as Partial<Env>;
  for (let at = 0; at < 2_000; at++) {
    const forged = at % 2 ? `cr_${at.toString(16).padStart(64, "0")}` : `sk-${at.toString(36).padStart(48, "z")}`;
    const { status } = await get("/v1/models", { "x-api-key": forged }, bindings);
    expect(status).toBe(401);
  }
  expect(touched).toEqual([]);
});
