/** Servers that never end what should be short: an error, a token. They are read to a bound, and left. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import { KEY_FILE } from "../providers/vertex/service-account.ts";
import {
  type Asked,
  ask,
  asked,
  behave,
  makeAccount,
  makeKey,
  removeAccounts,
  settledOnce,
  until,
} from "./relay-in-process.ts";

const MEGABYTE = "x".repeat(1024 * 1024);
/** As much as would fill an isolate. */
const ENDLESS = Array.from({ length: 128 }, () => MEGABYTE);
const CLAUDE_CODE = { "user-agent": "claude-cli/2.1.0 (external, cli)" };

let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  key = await makeKey();
});
afterEach(() => vi.restoreAllMocks());

async function answered(headers: Record<string, string> = {}): Promise<number> {
  forgetSnapshot();
  const response = await ask(key.key, { headers, body: { stream: false } });
  await response.text();
  return response.status;
}

async function leftOff(one: Asked | undefined): Promise<void> {
  await until(() => one?.over === "closed");
  expect(one?.written).toBeLessThan(8);
}

test.each([400, 403, 500])("an error with status %i", async (status) => {
  await makeAccount();
  behave({ status, headers: { "content-type": "application/json" }, chunks: ENDLESS });
  expect(await answered()).toBeGreaterThanOrEqual(400);
  await leftOff(asked[0]);
});

test("a whole answer is read to a bound, booked at an estimate, and nobody else is asked for the same", async () => {
  await makeAccount();
  await makeAccount();
  const begin = '{"type":"message","content":[{"type":"text","text":"';
  behave({ headers: { "content-type": "application/json" }, chunks: [begin, ...ENDLESS] });
  forgetSnapshot();
  const response = await ask(key.key, { body: { stream: false } });
  const body = (await response.json()) as { error: { message: string } };
  expect([response.status, body.error.message]).toEqual([413, expect.stringContaining("larger than 48 MB")]);
  expect(asked).toHaveLength(1);
  await until(() => asked[0]?.over === "closed");
  expect(asked[0]?.written).toBeLessThan(60);
  // The provider has made it, and charges for it.
  const row = await settledOnce(key.id);
  expect(row).toMatchObject({ status: 413, outcome: "refused", estimated: 1 });
  expect(Number(row.input_tokens)).toBeGreaterThan(0);
  expect(Number(row.cost_nanos)).toBeGreaterThan(0);
});

test("an answer that says it is larger than that is not even begun", async () => {
  await makeAccount();
  const headers = { "content-type": "application/json", "content-length": String(100 * 1024 * 1024) };
  behave({ headers, chunks: ["{", ...ENDLESS] });
  expect(await answered()).toBe(413);
  await leftOff(asked[0]);
});

test("an error of a cloud's", async () => {
  const aws = { aws_access_key_id: "AKIAIOSFODNN7EXAMPLE", aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfi" };
  await makeAccount({ kind: "bedrock", ...aws, aws_region: "us-east-1", api_key: undefined });
  behave({ status: 500, headers: { "content-type": "application/json" }, chunks: ENDLESS });
  expect(await answered()).toBeGreaterThanOrEqual(400);
  await leftOff(asked[0]);
});

test("a service account's token", async () => {
  const service = { service_account: KEY_FILE, vertex_region: "us-east5", api_key: undefined };
  await makeAccount({ kind: "vertex", ...service });
  behave({ headers: { "content-type": "application/json" }, chunks: ENDLESS });
  expect(await answered()).toBeGreaterThanOrEqual(400);
  await leftOff(asked[0]);
});

test("a renewal of a sign-in", async () => {
  behave({ headers: { "content-type": "application/json" }, chunks: ENDLESS });
  const { status, body } = await asAdmin("POST", "/admin/accounts", {
    ...{ name: "subscription", platform: "anthropic", kind: "oauth", terms_acknowledged: true },
    oauth: { access_token: "access", refresh_token: "refresh", expires_at: Math.floor(Date.now() / 1_000) - 60 },
  });
  expect(status, JSON.stringify(body)).toBe(201);
  expect(await answered(CLAUDE_CODE)).toBeGreaterThanOrEqual(400);
  await leftOff(asked.find(({ url }) => url.includes("/oauth/token")));
});
