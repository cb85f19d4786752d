/**
 * A kind of account more is a file and a line in the table: this one (made-up/visa.ts) is put into it here, and an account
 * of it is made, asked and checked through the Worker's own door. No other file knows of it.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Kind } from "../../src/providers/kind.ts";
import { KINDS } from "../../src/providers/kinds.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import { ask, asked, behave, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { VISA } from "./made-up/visa.ts";

const kinds = KINDS as Kind[];
const ANSWER = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};

/** Of Anthropic's API, which counts each class of models by itself. */
const LIMITED = {
  "content-type": "application/json",
  "retry-after": "600",
  "anthropic-ratelimit-input-tokens-remaining": "0",
  "anthropic-ratelimit-input-tokens-reset": new Date(Date.now() + 600_000).toISOString(),
};

let account: string;

beforeAll(async () => {
  kinds.push(VISA);
  await removeAccounts();
  const made = await asAdmin("POST", "/admin/accounts", {
    name: "embassy",
    platform: "anthropic",
    kind: "visa",
    api_key: "stamp-0123456789",
    base_url: "https://visa.example.com",
  });
  expect(made).toMatchObject({ status: 201, body: { kind: "visa", base_url: "https://visa.example.com" } });
  account = made.body.id;
  forgetSnapshot();
});

beforeEach(() => {
  behave(() => ({ headers: { "content-type": "application/json" }, chunks: [JSON.stringify(ANSWER)] }));
});

afterAll(async () => {
  await removeAccounts();
  kinds.splice(kinds.indexOf(VISA), 1);
  forgetSnapshot();
});

/** The signature that it puts on a request. */
function visaOf(path: string, model: string): string {
  return createHash("sha256").update(`stamp-0123456789 POST ${path} ${model}`).digest("hex");
}

test("a request goes to its address, signed by it, with the headers that it lists and no credential else", async () => {
  const { key } = await makeKey();
  const headers = { "x-visa-purpose": "transit", "x-unknown": "stays here" };
  const response = await ask(key, { headers, body: { stream: false } });
  expect(await response.json()).toEqual(ANSWER);
  const [sent] = asked.slice(-1);
  expect(new URL(sent?.url ?? "").pathname).toBe("/gate/v1/messages");
  expect(sent?.headers.get("x-visa")).toBe(visaOf("/gate/v1/messages", "claude-sonnet-4-5"));
  expect(sent?.headers.get("x-visa-purpose")).toBe("transit");
  for (const name of ["x-unknown", "x-api-key", "authorization"]) expect(sent?.headers.get(name)).toBeNull();
});

test("a check of the account sends its own test", async () => {
  const checked = await asAdmin("POST", `/admin/accounts/${account}/test?stream=false`, {});
  expect(checked).toMatchObject({ status: 200, body: { ok: true } });
  const [sent] = asked.slice(-1);
  expect(sent?.headers.get("x-visa")).toBe(visaOf("/gate/v1/messages", "claude-haiku-4-5"));
});

test("a limit of one model closes what it calls one family, and nothing else", async () => {
  const { key } = await makeKey();
  behave(() => ({ status: 429, headers: LIMITED, chunks: ["{}"] }));
  expect((await ask(key, { body: { stream: false } })).status).toBe(429);
  const limited = await asAdmin("GET", `/admin/accounts/${account}/health`);
  expect(limited.body.temporary_states).toMatchObject([{ scope: "family", family: "claude" }]);
});
