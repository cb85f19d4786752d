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
  /** The relay's own route for it. */
  path: (model: string) => string;
  body: (model: string) => object;
}

const QUESTION = "Answer with one word: OK";
/** Room for a word, and for the models that think before they say it. */
const MAX_TOKENS = 32;
const TURN = [{ role: "user", content: QUESTION }];

const SHAPES: Record<Protocol, Shape> = {
  anthropic: {
    path: () => "/v1/messages",
    body: (model) => ({ model, max_tokens: MAX_TOKENS, stream: true, messages: TURN }),
  },
  chat: {
    path: () => "/openai/chat/completions",
    body: (model) => ({ model, stream: true, stream_options: { include_usage: true }, messages: TURN }),
  },
  responses: {
    path: () => "/openai/responses",
    body: (model) => ({ model, stream: true, store: false, input: QUESTION }),
  },
  gemini: {
    path: (model) => `/gemini/v1beta/models/${model}:streamGenerateContent?alt=sse`,
    body: () => ({ contents: [{ role: "user", parts: [{ text: QUESTION }] }] }),
  },
};

/** What its kind is tested in, where the account speaks that. */
function testProtocol({ kind, protocols }: Account): Protocol {
  const { protocol } = kind.test;
  return protocols.includes(protocol) ? protocol : (protocols[0] ?? protocol);
}

/** The model to test with where none is named: one that the account's own rules name in full, else the default. */
export function testModel(account: Account): string {
  const named = [...account.allowedModels, ...Object.keys(account.modelMapping)];
  return named.find((model) => !model.includes("*")) ?? account.kind.test.model;
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
  const protocol = testProtocol(account);
  const shape = SHAPES[protocol];
  const url = new URL(shape.path(model), "https://relay.invalid");
  const headers = new Headers({
    "content-type": "application/json",
    accept: "text/event-stream",
    "user-agent": "edge-relay",
    ...(protocol === "anthropic" && { "anthropic-version": "2023-06-01" }),
  });
  const http = new Request(url, { method: "POST", headers, body: JSON.stringify(shape.body(model)), signal });
  const found = findRoute("POST", url.pathname, headers);
  if (!found) throw new Error(`The relay has no route ${url.pathname}`);
  const sending = { http, ...found, search: url.search, startedAt: now };
  const request = await readRequest(sending, UNCOUNTED);
  if (!request.ok) throw new Error("The test request is one that the relay itself would refuse");
  return { sending, request: request.value };
}
