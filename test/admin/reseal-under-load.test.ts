/** 1,000 credentials and 20 sign-ins come under a new key while 200 requests run: none of them fails, then or later. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openKey } from "../../src/pool/open-key.ts";
import { secretOf } from "../../src/providers/kind.ts";
import { forgetSnapshot, loadPool } from "../../src/store/snapshot.ts";
import { envelopesUnder, sealingKeyIds } from "../../src/vault/seal.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { envelopes, makeSubscription, NEW, OLD, pass, seals, turnRing } from "./resealing.ts";

const ACCOUNTS = 50;
const KEYS_EACH = 20;
const SIGN_INS = 20;
const REQUESTS = 200;
const AT_ONCE = 10;

const ANSWER = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};
const CLAUDE_CODE = { "user-agent": "claude-cli/2.1.0 (external, cli)" };

beforeEach(removeAccounts);
afterEach(() => {
  turnRing(OLD);
  vi.restoreAllMocks();
});

/** Each request is of a session of its own, so that it goes to whichever account and key is next. */
let sessions = 0;

async function answered(key: string): Promise<number> {
  const session = `00000000-0000-4000-8000-${String(sessions++).padStart(12, "0")}`;
  const headers = { "x-claude-code-session-id": session, ...(sessions % 2 === 0 ? CLAUDE_CODE : {}) };
  const response = await ask(key, { headers, body: { stream: false } });
  await response.text();
  return response.status;
}

async function run(key: string, count: number): Promise<number[]> {
  const statuses: number[] = [];
  const one = async () => {
    while (statuses.length < count) {
      // Other isolates read the rows at any moment, whichever envelopes they have then.
      if (statuses.length % 7 === 0) forgetSnapshot();
      statuses.push(await answered(key));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return statuses;
}

test("1,000 credentials are re-sealed while 200 requests run, and none of them fails", async () => {
  behave({ headers: { "content-type": "application/json" }, chunks: [JSON.stringify(ANSWER)] });
  const secrets = new Set<string>();
  for (let account = 0; account < ACCOUNTS; account++) {
    const api_keys = Array.from({ length: KEYS_EACH }, (_, at) => `sk-${account}-${at}-0123456789`);
    for (const secret of api_keys) secrets.add(secret);
    await makeAccount({ api_key: undefined, api_keys });
  }
  const subscriptions: string[] = [];
  for (let made = 0; made < SIGN_INS; made++) subscriptions.push(await makeSubscription(String(made)));
  for (let made = 0; made < SIGN_INS; made++) secrets.add(`Bearer access-${made}`);
  const { key } = await makeKey();

  turnRing(NEW, OLD);
  expect(await seals()).toMatchObject({ "credentials older": ACCOUNTS * KEYS_EACH + SIGN_INS, "sign_ins older": 20 });
  const before = asked.length;
  let stepsDone = 0;
  const [statuses, { steps, last }] = await Promise.all([
    run(key, REQUESTS),
    // A step for each few requests, so that they run from the first one to the last.
    pass(50, async () => {
      const some = 8 * ++stepsDone;
      await vi.waitUntil(() => asked.length - before >= some, { timeout: 60_000 });
    }),
  ]);
  expect(statuses.length).toBeGreaterThanOrEqual(REQUESTS);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(steps).toBeGreaterThanOrEqual(21);
  expect(last.total).toEqual({ resealed: ACCOUNTS * KEYS_EACH + SIGN_INS * 3 + 1, not_resealed: 0 });

  // The old key goes, and everything opens.
  turnRing(NEW);
  const [newest] = await sealingKeyIds(NEW);
  for (const [place, sealed] of await envelopes(subscriptions)) {
    expect(sealed.startsWith(envelopesUnder(newest)), place).toBe(true);
  }
  const { accounts } = await loadPool(env, Date.now());
  const opened = new Set<string>();
  for (const account of accounts) {
    for (const { id } of account.apiKeys) {
      const credential = await openKey(env, account, id);
      if (credential) opened.add(`${credential.type === "oauth" ? "Bearer " : ""}${secretOf(credential)}`);
    }
  }
  expect(opened).toEqual(secrets);
  expect((await run(key, 40)).filter((status) => status !== 200)).toEqual([]);
  // No request went out under anything but what was given.
  for (const { headers } of asked) {
    expect(secrets).toContain(headers.get("x-api-key") ?? headers.get("authorization") ?? "");
  }
});
