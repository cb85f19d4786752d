/**
 * The small request that a test sends. It is the relay's own and says so: no header or word of it imitates a client.
 */

import { type Ask, readAsk } from "../relay/ask.ts";
import { findRoute } from "../relay/routes.ts";
import type { Sending } from "../relay/send.ts";
import type { Account } from "../store/snapshot.ts";

/** Small and cheap, and every Anthropic key has it. */
const DEFAULT_MODEL = "claude-haiku-4-5";
const PATH = "/v1/messages";
/** Room for a word, and for the models that think before they say it. */
const MAX_TOKENS = 32;

/** The model to test with where none is named: one that the account's own rules name in full, else the default. */
export function testModel(account: Account): string {
  const named = [...account.allowedModels, ...Object.keys(account.modelMapping)];
  return named.find((model) => !model.includes("*")) ?? DEFAULT_MODEL;
}

export interface TestRequest {
  sending: Sending;
  ask: Ask;
}

/** `signal` ends it. `now` in milliseconds since the epoch. */
export async function testRequest(model: string, signal: AbortSignal, now: number): Promise<TestRequest> {
  const url = new URL(PATH, "https://relay.invalid");
  const messages = [{ role: "user", content: "Answer with one word: OK" }];
  const headers = {
    "content-type": "application/json",
    accept: "text/event-stream",
    "user-agent": "edge-relay",
    "anthropic-version": "2023-06-01",
  };
  const body = JSON.stringify({ model, max_tokens: MAX_TOKENS, stream: true, messages });
  const request = new Request(url, { method: "POST", headers, body, signal });
  const ask = await readAsk(request);
  const route = findRoute("POST", PATH);
  if (!ask.ok || !route) throw new Error("The test request is one that the relay itself would refuse");
  return { sending: { request, url, route, startedAt: now }, ask: ask.value };
}
