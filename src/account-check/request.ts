/**
 * The small request that a test sends. It is the relay's own and says so: no header or word of it imitates a client.
 */

import type { Account } from "../pool/account.ts";
import { UNCOUNTED } from "../relay/body-hold.ts";
import { type RelayRequest, readRequest } from "../relay/request.ts";
import { findRoute } from "../relay/routes.ts";
import type { Sending } from "../relay/send.ts";
import type { Protocol } from "../vocabulary.ts";

interface Shape {
  /** The relay's own route for it; what the account speaks decides which of several. */
  path: (model: string) => string;
  protocol: Protocol;
  /** Small and cheap, and every key of the platform has it. */
  model: string;
  body: (model: string) => object;
}

const QUESTION = "Answer with one word: OK";
/** Room for a word, and for the models that think before they say it. */
const MAX_TOKENS = 32;
const TURN = [{ role: "user", content: QUESTION }];

const MESSAGES: Shape = {
  path: () => "/v1/messages",
  protocol: "anthropic",
  model: "claude-haiku-4-5",
  body: (model) => ({ model, max_tokens: MAX_TOKENS, stream: true, messages: TURN }),
};
const CHAT: Shape = {
  path: () => "/openai/chat/completions",
  protocol: "chat",
  model: "gpt-4.1-mini",
  body: (model) => ({ model, stream: true, stream_options: { include_usage: true }, messages: TURN }),
};
const RESPONSES: Shape = {
  path: () => "/openai/responses",
  protocol: "responses",
  model: "gpt-4.1-mini",
  body: (model) => ({ model, stream: true, store: false, input: QUESTION }),
};
const GEMINI: Shape = {
  path: (model) => `/gemini/v1beta/models/${model}:streamGenerateContent?alt=sse`,
  protocol: "gemini",
  model: "gemini-2.5-flash",
  body: () => ({ contents: [{ role: "user", parts: [{ text: QUESTION }] }] }),
};

function shapeOf({ platform, protocols }: Account): Shape {
  if (platform === "gemini") return GEMINI;
  if (platform === "openai") return protocols.length > 0 && !protocols.includes("responses") ? CHAT : RESPONSES;
  return MESSAGES;
}

/** The model to test with where none is named: one that the account's own rules name in full, else the default. */
export function testModel(account: Account): string {
  const named = [...account.allowedModels, ...Object.keys(account.modelMapping)];
  return named.find((model) => !model.includes("*")) ?? shapeOf(account).model;
}

export interface TestRequest {
  sending: Sending;
  request: RelayRequest;
}

/** `signal` ends it. `now` in milliseconds since the epoch. */
export async function testRequest(
  account: Account,
  model: string,
  signal: AbortSignal,
  now: number,
): Promise<TestRequest> {
  const shape = shapeOf(account);
  const url = new URL(shape.path(model), "https://relay.invalid");
  const headers = new Headers({
    "content-type": "application/json",
    accept: "text/event-stream",
    "user-agent": "edge-relay",
    ...(shape.protocol === "anthropic" && { "anthropic-version": "2023-06-01" }),
  });
  const http = new Request(url, { method: "POST", headers, body: JSON.stringify(shape.body(model)), signal });
  const found = findRoute("POST", url.pathname, headers);
  if (!found) throw new Error(`The relay has no route ${url.pathname}`);
  const sending = { http, ...found, search: url.search, startedAt: now };
  const request = await readRequest(sending, UNCOUNTED);
  if (!request.ok) throw new Error("The test request is one that the relay itself would refuse");
  return { sending, request: request.value };
}
