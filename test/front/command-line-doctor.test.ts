/**
 * What the doctor finds: at a real relay, where a fault can be made there, and else at a fake on loopback that answers in the real
 * one's form. Nothing is found at a relay that is well.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { connectionFailure } from "../../scripts/relay/answer.ts";
import type { Finding } from "../../scripts/relay/doctor/finding.ts";
import { freePort } from "../../scripts/start/ports.ts";
import { CommandLine } from "./command-line.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const line = new CommandLine();
const JSON_TYPE = { "content-type": "application/json" };
const UNAUTHENTICATED = {
  type: "error",
  error: { type: "authentication_error", message: "x-api-key header is required" },
};

beforeAll(async () => {
  await relay.start();
  relay.upstream.behave({ status: 401, headers: JSON_TYPE, chunks: [JSON.stringify(UNAUTHENTICATED)] });
});
afterAll(async () => {
  line.dispose();
  await relay.stop();
});

/** What is found, and the exit code. */
async function findings(
  env: Record<string, string> = {},
  ...args: string[]
): Promise<{ code: number; found: Finding[] }> {
  const { code, out } = await line.run(["doctor", "--json", ...args], { env });
  return { code, found: (JSON.parse(out) as { findings: Finding[] }).findings };
}

const names = (found: readonly Finding[]) => found.map(({ name }) => name);

describe("at a real relay", () => {
  it("finds nothing where nothing is wrong", async () => {
    expect(await line.run(["doctor"])).toMatchObject({
      code: 0,
      out: `Nothing is wrong with ${relay.url}.\n`,
    });
  });

  it("finds base URLs of clients that end wrongly, in the environment and where the relay's own is asked for", async () => {
    const { code, found } = await findings({
      ANTHROPIC_BASE_URL: `${relay.url}/api/v1/`,
      OPENAI_BASE_URL: `${relay.url}/openai/v1/v1`,
      GOOGLE_GEMINI_BASE_URL: `${relay.url}/gemini/v1beta`,
      OPENAI_API_BASE: "https://api.openai.com",
    });
    expect(code).toBe(1);
    expect(found.map(({ name, advice }) => [name, advice])).toEqual([
      ["wrong_base_url", `Set ANTHROPIC_BASE_URL=${relay.url}/api`],
      ["wrong_base_url", `Set OPENAI_BASE_URL=${relay.url}/openai/v1`],
      ["wrong_base_url", `Set GOOGLE_GEMINI_BASE_URL=${relay.url}/gemini`],
    ]);
    const right = {
      ANTHROPIC_BASE_URL: relay.url,
      OPENAI_BASE_URL: `${relay.url}/openai`,
      GOOGLE_GEMINI_BASE_URL: `${relay.url}/gemini/`,
    };
    expect(await findings(right, "--quick")).toEqual({ code: 0, found: [] });
    const asked = await findings({ EDGE_RELAY_URL: `${relay.url}/v1` }, "--quick");
    expect(asked.found).toMatchObject([{ name: "wrong_base_url", advice: `Use ${relay.url}` }]);
  });

  it("finds tables that are older than the Worker: a migration that is missing, a table that is not there", async () => {
    mkdirSync(join(line.home, "migrations"));
    writeFileSync(join(line.home, "migrations/9999_later.sql"), "");
    await relay.sql("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT)");
    await relay.sql("INSERT INTO d1_migrations (name) VALUES ('0001_first.sql')");
    expect((await findings({}, "--quick")).found).toMatchObject([
      { name: "stale_schema", message: expect.stringContaining("0001_first.sql, of this clone 9999_later.sql") },
    ]);
    await relay.sql("DROP TABLE d1_migrations");

    await relay.sql("ALTER TABLE account_answers RENAME TO account_answers_gone");
    try {
      const { found } = await findings({}, "--quick");
      expect(found).toMatchObject([{ name: "stale_schema", advice: expect.stringContaining("migrations apply") }]);
      expect(await line.run(["accounts", "list"])).toMatchObject({
        code: 1,
        err: expect.stringContaining("migrations apply"),
      });
    } finally {
      await relay.sql("ALTER TABLE account_answers_gone RENAME TO account_answers");
    }
  });

  it("finds what a provider does to requests from here: its region block, its bot check, nobody there", async () => {
    relay.upstream.behave({
      status: 403,
      headers: JSON_TYPE,
      chunks: ['{"error":{"type":"forbidden","message":"Request not allowed"}}'],
    });
    const region = await findings();
    expect(region.found).toMatchObject([{ name: "region_block", advice: expect.stringContaining("placement") }]);
    relay.upstream.behave({
      status: 403,
      headers: { "content-type": "text/html", "cf-mitigated": "challenge", "cf-ray": "9a1b2c3d4e5f6071-HKG" },
      chunks: ["<!DOCTYPE html><title>Just a moment...</title>"],
    });
    expect((await findings()).found).toMatchObject([
      {
        name: "provider_blocked",
        message: expect.stringContaining("asked from HKG"),
        advice: expect.stringContaining("egress"),
      },
    ]);
    const nowhere = { name: "nowhere", platform: "anthropic", kind: "api-key", api_key: "k" };
    const { id } = await relay.admin<{ id: string }>("POST", "/admin/accounts", {
      ...nowhere,
      base_url: `http://127.0.0.1:${await freePort()}`,
    });
    expect(names((await findings()).found)).toContain("provider_unreachable");
    await relay.admin("DELETE", `/admin/accounts/${id}`);
    relay.upstream.behave({ status: 401, headers: JSON_TYPE, chunks: [JSON.stringify(UNAUTHENTICATED)] });
  });

  it("finds accounts that are in trouble, and that there are none", async () => {
    const [account] = (await relay.admin<{ items: { id: string }[] }>("GET", "/admin/accounts")).items;
    await line.run(["accounts", "test", "fake"]);
    expect((await findings({}, "--quick")).found).toMatchObject([
      { name: "account_trouble", level: "warning", advice: `edge-relay accounts test ${account?.id}` },
    ]);
    await relay.admin("DELETE", `/admin/accounts/${account?.id}`);
    expect(await findings({}, "--quick")).toMatchObject({ code: 0, found: [{ name: "no_account", level: "warning" }] });
  });

  it("finds that nobody is signed in, with a password that is wrong", async () => {
    expect(
      (await findings({ EDGE_RELAY_PASSWORD: "a wrong one", EDGE_RELAY_USERNAME: "nobody" }, "--quick")).found,
    ).toMatchObject([{ name: "not_signed_in" }]);
  });
});

type Answer = { status: number; headers?: Record<string, string>; body: string };

describe("before a relay, in its place, and in a relay that is not well", () => {
  const server = createServer((request, response) => void answer(request, response));
  let answers: (request: IncomingMessage) => Answer;
  let url = "";

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await request.toArray();
    const { status, headers = JSON_TYPE, body } = answers(request);
    response.writeHead(status, headers).end(body);
  }
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => {
    answers = () => ({ status: 500, body: "" });
  });

  const page = (status: number, body: string, headers: Record<string, string> = {}): Answer => ({
    status,
    headers: { "content-type": "text/html; charset=UTF-8", ...headers },
    body,
  });
  const CHALLENGE = page(403, "<!DOCTYPE html><title>Just a moment...</title>", { "cf-mitigated": "challenge" });
  const ACCESS: Answer = {
    status: 302,
    headers: { location: "https://team.cloudflareaccess.com/cdn-cgi/access/login/relay.example.com?kid=0123&meta=x" },
    body: "",
  };

  it.each([
    ["bot_protection", "a challenge of Cloudflare's", CHALLENGE],
    ["bot_protection", "a firewall's page", page(403, "<title>Attention Required! | Cloudflare</title>")],
    [
      "free_limit_reached",
      "error 1027 as programs get it",
      { ...page(429, "error code: 1027"), headers: { "content-type": "text/plain" } },
    ],
    [
      "free_limit_reached",
      "error 1027 as a page",
      page(429, '<h1><span class="cf-error-type">Error</span>\n<span class="cf-error-code">1027</span></h1>'),
    ],
    [
      "free_limit_reached",
      "error 1027 as JSON",
      { status: 429, body: '{"title":"Error 1027","status":429,"error_code":1027,"cloudflare_error":true}' },
    ],
    ["cpu_limit", "error 1102", page(503, "error code: 1102")],
    ["worker_threw", "error 1101", page(500, "error code: 1101")],
    [
      "no_worker_there",
      "a workers.dev without a Worker",
      page(404, "<title>Not Found</title><h1>There is nothing here yet</h1>"),
    ],
    ["access_in_front", "Cloudflare Access", ACCESS],
    ["moved", "a redirect", { status: 301, headers: { location: "https://elsewhere.example.com/health" }, body: "" }],
    ["not_a_relay", "some other site", page(200, "<title>Welcome to nginx!</title>")],
  ] as [string, string, Answer][])("finds %s: %s", async (name, _what, answered) => {
    answers = () => answered;
    const { code, found } = await findings({ EDGE_RELAY_URL: url });
    expect([code, names(found)]).toEqual([1, [name]]);
    expect(found[0]?.advice).toBeTruthy();
  });

  it("finds what stands before the paths of clients alone: Access, and a firewall that takes code for an attack", async () => {
    const well = (path: string) =>
      path === "/health"
        ? { status: 200, body: '{"status":"ok"}' }
        : { status: 401, body: JSON.stringify(UNAUTHENTICATED) };
    answers = ({ url = "" }) => (url === "/v1/models" ? ACCESS : well(url));
    expect(names((await findings({ EDGE_RELAY_URL: url })).found)).toEqual(["access_in_front", "not_signed_in"]);
    answers = ({ url = "", method }) => (method === "POST" && url === "/v1/messages" ? CHALLENGE : well(url));
    const { found } = await findings({ EDGE_RELAY_URL: url });
    expect(found[0]).toMatchObject({
      name: "bot_protection",
      message: expect.stringContaining("Requests with code in them"),
    });
  });

  it.each([
    [
      "missing_secret",
      503,
      "configuration_error",
      "Sign-in is off until the Worker's secrets are strong enough: KEY_SECRET is not set",
    ],
    ["allowance_used_up", 503, "allowance_used_up", "D1 has used up what Cloudflare's free plan allows in a day"],
    ["stale_schema", 503, "schema_stale", "D1's tables are older than this Worker"],
    ["sign_in_slowed_down", 429, "rate_limit_error", "Too many sign-ins; try again in a minute"],
    ["access_in_front", 403, "permission_error", "Cloudflare Access did not let this request through"],
    ["refused", 500, "api_error", "Something went wrong on our side"],
  ])("finds %s where sign-in is answered so", async (name, status, type, message) => {
    answers = ({ url, method }) => {
      if (url === "/health") return { status: 200, body: '{"status":"ok"}' };
      if (url === "/admin/login" && method === "POST")
        return { status, body: JSON.stringify({ error: { type, message } }) };
      return { status: 401, body: JSON.stringify(UNAUTHENTICATED) };
    };
    const { found } = await findings({ EDGE_RELAY_URL: url });
    expect(found).toMatchObject([{ name, message: expect.stringContaining(message) }]);
  });

  it("finds what the relay says of itself: weak secrets, allowances used up or nearly, another version", async () => {
    const allowance = (name: string, used: number, exhausted_at: string | null) => ({
      name,
      limit: 100_000,
      used,
      estimated: 0,
      exhausted_at,
    });
    const system = {
      version: "0.0.9",
      schema: "0001_first.sql",
      weak_secrets: ["KEY_SECRET is too short: at least 32 characters are needed"],
      deployment: { private_upstreams: true },
      meter: {
        to: "2026-11-28T00:00:00.000Z",
        allowances: [
          allowance("d1_rows", 100_000, "2026-11-27T20:00:00.000Z"),
          allowance("object_requests", 90_000, "2026-11-27T22:00:00.000Z"),
          allowance("kv_writes", 10, null),
        ],
      },
    };
    const answered: Record<string, object> = {
      "/health": { status: "ok" },
      "/admin/login": { access_token: "t", token_type: "bearer", expires_in: 3600 },
      "/admin/session": { username: "admin" },
      "/admin/system": system,
      "/admin/health": {
        checks: [
          { name: "kv", status: "ok", detail: null },
          { name: "d1_writes", status: "failed", detail: "It failed: D1 is overloaded." },
          { name: "prices", status: "warn", detail: "The price feed was refused." },
        ],
        used_up: [],
      },
      "/admin/overview": { accounts: [{}], attention: [] },
    };
    answers = ({ url = "" }) =>
      answered[url]
        ? { status: 200, body: JSON.stringify(answered[url]) }
        : { status: 401, body: JSON.stringify(UNAUTHENTICATED) };
    const { found } = await findings({ EDGE_RELAY_URL: url }, "--quick");
    expect(found.map(({ name, level }) => [name, level])).toEqual([
      ["missing_secret", "fault"],
      ["other_version", "warning"],
      ["free_limit_reached", "fault"],
      ["free_limit_near", "warning"],
      ["unwell", "fault"],
      ["unwell", "warning"],
    ]);
    expect(found[2]?.message).toBe("Today's d1 rows: 100,000 of 100,000 are used up.");
  });

  it("finds a clock that is wrong", async () => {
    answers = ({ url }) => ({
      status: url === "/health" ? 200 : 401,
      headers: { ...JSON_TYPE, date: new Date().toUTCString() },
      body: url === "/health" ? '{"status":"ok"}' : JSON.stringify(UNAUTHENTICATED),
    });
    const env = { EDGE_RELAY_URL: url };
    const behind = await line.run(["doctor", "--json"], { env, now: () => Date.now() - 300_000 });
    expect(JSON.parse(behind.out).findings[0]).toMatchObject({
      ...{ name: "clock_skew", level: "warning" },
      message: expect.stringMatching(/^This machine's clock is (?:29\d|30\d) seconds behind\.$/),
    });
    const ahead = await line.run(["doctor"], { env, now: () => Date.now() + 7_200_000 });
    expect(ahead.out).toMatch(/warning: clock_skew\n {2}This machine's clock is 7\d\d\d seconds ahead\.\n {2}Set it/);
    expect(names((await findings(env)).found)).not.toContain("clock_skew");
  });

  it("finds that nobody is there", async () => {
    const { found } = await findings({ EDGE_RELAY_URL: `http://127.0.0.1:${await freePort()}` });
    expect(found).toMatchObject([{ name: "no_connection", advice: expect.stringContaining("npm start") }]);
  });
});

it("says of workers.dev that networks block it, unless there is no such name", () => {
  const failure = (code: string) =>
    connectionFailure(
      "https://relay.me.workers.dev",
      Object.assign(new TypeError("fetch failed"), { cause: { code } }),
    );
  for (const code of ["ECONNRESET", "UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT", "ECONNREFUSED"]) {
    expect(failure(code)).toMatchObject({
      cause: "workers_dev_blocked",
      advice: expect.stringContaining("a domain of your own"),
    });
  }
  expect(failure("ENOTFOUND")).toMatchObject({ cause: "no_connection" });
});
