/** What is written of an account after it was deleted: an answer that its key's gate books later, a fault that comes late. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { retain } from "../../src/jobs/retention.ts";
import { asAdmin, signInAgain } from "../admin/client.ts";
import { ask, behave, makeAccount, makeKey, removeAccounts, rows } from "../relay/relay-in-process.ts";

const DAY = 86_400_000;
const FAULT = {
  class: "upstream",
  condition: "overloaded",
  status: 529,
  until: null,
  onExhausted: "verbatim",
} as const;
const ANSWER = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5" },
  ...{ content: [{ type: "text", text: "OK" }], usage: { input_tokens: 9, output_tokens: 1 } },
};

beforeEach(async () => {
  // A run in the days to come ends the session.
  await signInAgain();
  await removeAccounts();
});
afterEach(() => vi.restoreAllMocks());

async function left(id: string): Promise<number[]> {
  const counts = ["account_health", "account_answers"].map((table) =>
    env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE account_id = ?`).bind(id).first<number>("n"),
  );
  return (await Promise.all(counts)).map((count) => count ?? -1);
}

async function used(): Promise<string> {
  const { id } = await makeAccount();
  const key = await makeKey();
  behave({ headers: { "content-type": "application/json" }, chunks: [JSON.stringify(ANSWER)] });
  expect((await ask(key.key, { body: { stream: false } })).status).toBe(200);
  await rows(key.id);
  await env.KEEPER.getByName(id).reportFault(id, FAULT, "key");
  return id;
}

test("goes within two days, and what is known of an account that is there stays", async () => {
  const [there, gone] = [await used(), await used()];
  await asAdmin("DELETE", `/admin/accounts/${gone}`);
  await env.KEEPER.getByName(gone).reportFault(gone, { ...FAULT, status: 503 }, "key");
  await env.DB.prepare("INSERT INTO account_answers (account_id, answered_at) VALUES (?, 1)").bind(gone).run();
  expect([await left(there), await left(gone)]).toEqual([
    [1, 1],
    [1, 1],
  ]);
  const night = (Math.floor(Date.now() / DAY) + 2) * DAY + 4.3 * 3_600_000;
  await retain(env, night);
  expect([await left(there), await left(gone)]).toEqual([
    [1, 1],
    [0, 0],
  ]);
});

test("is not taken for that of an account which is being made: its Keeper may write before D1 has it", async () => {
  const made = "acc_in_the_making";
  await env.KEEPER.getByName(made).reportFault(made, FAULT, "key");
  await retain(env, Math.floor(Date.now() / DAY) * DAY + 4.3 * 3_600_000);
  expect(await left(made)).toEqual([1, 0]);
});
