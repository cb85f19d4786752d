/** `GET /admin/egress`: what requests to the accounts' providers meet on their way, asked now and without a credential. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KEY_FILE } from "../providers/vertex/service-account.ts";
import { asked, type Behaviour, behave, makeAccount, removeAccounts } from "../relay/relay-in-process.ts";
import { asAdmin, call } from "./client.ts";

const JSON_TYPE = { "content-type": "application/json" };
const REFUSED = {
  ...{ status: 401, headers: JSON_TYPE },
  chunks: ['{"type":"error","error":{"type":"authentication_error","message":"x-api-key header is required"}}'],
};
const CHALLENGE = {
  ...{
    status: 403,
    headers: { "content-type": "text/html", "cf-mitigated": "challenge", "cf-ray": "9a1b2c3d4e5f6071-FRA" },
  },
  chunks: ["<!DOCTYPE html><title>Just a moment...</title>"],
};
const BAD = { status: 400, headers: JSON_TYPE, chunks: ['{"error":"invalid_request"}'] };

interface Item {
  host: string;
  [field: string]: unknown;
}

async function look(): Promise<{ items: Item[]; left_out: number }> {
  const { status, body } = await asAdmin("GET", "/admin/egress");
  expect(status, JSON.stringify(body)).toBe(200);
  return body as unknown as { items: Item[]; left_out: number };
}

beforeEach(async () => {
  behave({ status: 500 });
  await removeAccounts();
});
afterEach(() => vi.restoreAllMocks());

const official = { base_url: undefined };
const subscription = (platform: string, kind: string, fields: object = {}) =>
  makeAccount({
    ...{ ...official, platform, kind, api_key: undefined, terms_acknowledged: true },
    oauth: { access_token: "access-secret", refresh_token: "refresh-secret", expires_at: "2099-01-01T00:00:00Z" },
    ...fields,
  });

test("each place that accounts ask is asked once, without a credential, and told with what to do", async () => {
  await makeAccount(official);
  await makeAccount(official);
  await subscription("openai", "codex-oauth");
  behave(({ url }): Behaviour => {
    if (url.startsWith("https://chatgpt.com/")) return CHALLENGE;
    return url.includes("/oauth/") ? BAD : REFUSED;
  });
  const { items, left_out } = await look();
  expect(left_out).toBe(0);
  expect(items).toMatchObject(
    [
      {
        host: "chatgpt.com",
        purpose: "api",
        accounts: 1,
        reach: "blocked",
        condition: "challenge_page",
        status: 403,
        colo: "FRA",
      },
      { host: "auth.openai.com", purpose: "tokens", accounts: 1, reach: "reachable", condition: null, status: 400 },
      {
        host: "api.anthropic.com",
        purpose: "api",
        accounts: 2,
        reach: "reachable",
        status: 401,
        colo: null,
        advice: null,
      },
    ].sort((a, b) => items.findIndex(({ host }) => host === a.host) - items.findIndex(({ host }) => host === b.host)),
  );
  expect(asked.map(({ url }) => url).sort()).toEqual([
    "https://api.anthropic.com/v1/messages",
    "https://auth.openai.com/oauth/token",
    "https://chatgpt.com/backend-api/codex/responses",
  ]);
  for (const { headers, body } of asked) {
    expect([...headers.keys()].sort()).toEqual(["accept", "accept-encoding", "content-type", "user-agent"]);
    expect(["{}", ""]).toContain(body);
  }
});

test("an account's own way is taken, and the provider is not asked past it", async () => {
  await makeAccount({
    egress: { via: "gateway", base_url: "https://gateway.test/claude" },
    egress_headers: { "x-door": "open-sesame" },
  });
  await makeAccount({ ...official, egress: { via: "binding", name: "HOME" } });
  behave(REFUSED);
  const { items } = await look();
  expect(asked.map(({ url, headers }) => [url, headers.get("x-door"), headers.get("x-api-key")])).toEqual([
    ["https://gateway.test/claude/v1/messages", "open-sesame", null],
  ]);
  expect(items.map(({ egress, reach, status }) => [egress, reach, status])).toEqual(
    expect.arrayContaining([
      [{ via: "gateway", base_url: "https://gateway.test/claude" }, "reachable", 401],
      [{ via: "binding", name: "HOME", token_requests: false }, "reachable", 200],
    ]),
  );
  expect(JSON.stringify(items)).not.toContain("open-sesame");
});

test("clouds are asked at their own hosts, and where their access tokens come from", async () => {
  await makeAccount({
    ...{ ...official, api_key: undefined, kind: "vertex", service_account: KEY_FILE, vertex_region: "us-east5" },
  });
  behave(BAD);
  const { items } = await look();
  expect(items.map(({ host, purpose }) => [host, purpose])).toEqual([
    ["us-east5-aiplatform.googleapis.com", "api"],
    ["oauth2.googleapis.com", "tokens"],
  ]);
});

test("a host that does not answer is given up after eight seconds, and the others are told all the same", async () => {
  await makeAccount({ base_url: "https://silent.test" });
  await makeAccount(official);
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    expect(ms).toBe(8_000);
    const late = new AbortController();
    setTimeout(() => late.abort(), 50);
    return late.signal;
  });
  behave(({ url }) => (url.includes("silent") ? { silentMs: 60_000 } : REFUSED));
  const { items } = await look();
  expect(items).toHaveLength(2);
  expect(items.find(({ host }) => host === "silent.test")).toMatchObject({
    ...{ reach: "unreachable", condition: "timed_out", status: 0 },
  });
  expect(items.find(({ host }) => host !== "silent.test")).toMatchObject({ reach: "reachable", status: 401 });
});

test("no more than six are asked at once, 24 in one call, and how many were left out is said", async () => {
  for (let at = 0; at < 26; at++) await makeAccount();
  let most = 0;
  behave(() => {
    most = Math.max(most, asked.filter(({ over }) => over === null).length);
    return { ...REFUSED, silentMs: 20 };
  });
  const { items, left_out } = await look();
  expect([items.length, left_out, asked.length]).toEqual([24, 2, 24]);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(6);
});

test("nothing is remembered: what was blocked and is not any more is told so at once", async () => {
  await makeAccount(official);
  behave(CHALLENGE);
  expect((await look()).items).toMatchObject([{ reach: "blocked" }]);
  behave(REFUSED);
  expect((await look()).items).toMatchObject([{ reach: "reachable" }]);
  expect((await asAdmin("GET", "/admin/accounts")).body.items[0]?.temporary_states).toEqual([]);
});

test("only an administrator may ask", async () => {
  await makeAccount(official);
  behave(REFUSED);
  expect((await call("GET", "/admin/egress")).status).toBe(401);
  expect(asked).toEqual([]);
});
