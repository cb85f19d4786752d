/** Keys of accounts are opened when a request first goes out under one, and each by itself. */
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { openKey } from "../../src/pool/open-key.ts";
import { forgetSnapshot, loadPool } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts } from "../relay/relay-in-process.ts";

const ANSWER = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};

afterEach(() => vi.restoreAllMocks());

/** The upstream answers; whoever asks it under a key of `refused` does not. */
function answers(...refused: string[]): void {
  behave(({ headers }) => {
    if (refused.includes(headers.get("x-api-key") ?? "")) return { status: 401, chunks: ["{}"] };
    return { headers: { "content-type": "application/json" }, chunks: [JSON.stringify(ANSWER)] };
  });
}

/** Requests of one session begin with the same key of an account, so each is of another. */
let sessions = 0;

async function answered(key: string): Promise<number> {
  const headers = { "x-claude-code-session-id": `00000000-0000-4000-8000-00000000000${sessions++ % 10}` };
  const response = await ask(key, { headers, body: { stream: false } });
  await response.text();
  return response.status;
}

async function accountOf(id: string) {
  const { accounts } = await loadPool(env, Date.now());
  const account = accounts.find((one) => one.id === id);
  if (!account) throw new Error(`${id} is not in the pool`);
  return account;
}

/** Writes past the API, as somebody does who can write to D1. */
async function write(sql: string, ...values: unknown[]): Promise<void> {
  await env.DB.prepare(sql)
    .bind(...values)
    .run();
  forgetSnapshot();
}

test("of fifty accounts one request opens one key, and the next request under it none", async () => {
  for (let made = 0; made < 50; made++) await makeAccount({ priority: made });
  const { key } = await makeKey();
  answers();
  forgetSnapshot();
  const opens = vi.spyOn(crypto.subtle, "decrypt");
  expect(await answered(key)).toBe(200);
  expect(opens).toHaveBeenCalledTimes(1);
  expect(await answered(key)).toBe(200);
  expect(opens).toHaveBeenCalledTimes(1);
  await removeAccounts();
}, 120_000);

test("of an account's keys those are opened that are tried, and again when the accounts are read again", async () => {
  const api_keys = ["sk-first-0123456789", "sk-second-0123456789", "sk-third-0123456789"];
  await makeAccount({ api_key: undefined, api_keys });
  const { key } = await makeKey();
  answers("sk-first-0123456789");
  forgetSnapshot();
  const opens = vi.spyOn(crypto.subtle, "decrypt");
  for (let sent = 0; sent < 6; sent++) expect(await answered(key)).toBe(200);
  const tried = new Set(asked.map(({ headers }) => headers.get("x-api-key")));
  expect(tried.size).toBe(3);
  expect(opens).toHaveBeenCalledTimes(3);
  forgetSnapshot();
  expect(await answered(key)).toBe(200);
  expect(opens).toHaveBeenCalledTimes(4);
  await removeAccounts();
});

test("a key that does not open is no key of its account, is named in the log once, and the others serve", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { id } = await makeAccount({ api_key: undefined, api_keys: ["sk-spoilt-0123456789", "sk-good-0123456789"] });
  await write("UPDATE credentials SET sealed = 'v2.x.y.z' WHERE account_id = ? AND position = 0", id);
  const { key } = await makeKey();
  answers();
  for (let sent = 0; sent < 6; sent++) expect(await answered(key)).toBe(200);
  expect(asked.map(({ headers }) => headers.get("x-api-key"))).toEqual(Array(6).fill("sk-good-0123456789"));
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
  expect(lines).toEqual([expect.objectContaining({ event: "credential_unreadable", account: id, position: 0 })]);
  expect((await accountOf(id)).apiKeys.map(({ position }) => position)).toEqual([1]);
  await removeAccounts();
});

test("an account whose only key does not open is as good as none, and costs nobody a try", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  for (let made = 0; made < 4; made++) {
    const { id } = await makeAccount({ priority: 1 });
    await write("UPDATE credentials SET sealed = 'v2.x.y.z' WHERE account_id = ?", id);
  }
  const { key } = await makeKey();
  answers();
  expect(await answered(key)).toBe(404);
  const { origin } = await makeAccount({ priority: 2 });
  forgetSnapshot();
  expect(await answered(key)).toBe(200);
  expect(asked.map(({ url }) => new URL(url).origin)).toEqual([origin]);
  await removeAccounts();
});

test("a key goes by its fingerprint, which a change of order leaves, and one from before by its seal", async () => {
  const [first, second] = ["sk-first-0123456789", "sk-second-0123456789"];
  const { id } = await makeAccount({ api_key: undefined, api_keys: [first, second] });
  const idsOf = async () => (await accountOf(id)).apiKeys.map((key) => key.id);
  const before = await idsOf();
  expect(new Set(before).size).toBe(2);
  await asAdmin("PATCH", `/admin/accounts/${id}`, { api_keys: [second, first] });
  expect(await idsOf()).toEqual(before.toReversed());

  await write("UPDATE credentials SET fingerprint = '' WHERE account_id = ?", id);
  const old = await idsOf();
  expect(new Set([...old, ...before]).size).toBe(4);
  expect(await openKey(env, await accountOf(id), old[0] ?? "")).toEqual({ type: "api-key", secret: second });
  await removeAccounts();
});
