/** The four formats as their clients ask and their upstreams answer, for tests that pair each client with each upstream. */
import { expect } from "vitest";
import type { Protocol } from "../../src/protocols/wire.ts";
import { chatViolations } from "../protocols/translate/validators/chat.ts";
import { geminiViolations } from "../protocols/translate/validators/gemini.ts";
import { messagesViolations } from "../protocols/translate/validators/messages.ts";
import { responsesViolations } from "../protocols/translate/validators/responses.ts";
import * as chat from "./chat.ts";
import * as gemini from "./gemini.ts";
import * as messages from "./messages.ts";
import * as responses from "./responses.ts";

export interface Client {
  path: (model: string, stream: boolean) => string;
  body: (model: string, stream: boolean) => object;
  /** What is wrong with the stream that the client got. */
  violations: (stream: string) => string[];
  /** The text of the answer. */
  wordsIn: (whole: string) => string;
  /** How an error looks to the client; below, an error in the middle of a stream. */
  errorBody: object;
  errorEvent: RegExp;
  /** An event that only the end of an answer has. */
  end: RegExp;
}

const PROMPT = "hello";

/** Deltas of text anywhere in a stream, joined. */
function joined(pattern: RegExp): (text: string) => string {
  return (text) => [...text.matchAll(pattern)].map(([, word = ""]) => JSON.parse(`"${word}"`)).join("");
}

export const CLIENTS: Record<Protocol, Client> = {
  anthropic: {
    path: () => "/v1/messages",
    body: (model, stream) => ({ model, stream, max_tokens: 100, messages: [{ role: "user", content: PROMPT }] }),
    violations: messagesViolations,
    wordsIn: joined(/"text":"((?:[^"\\]|\\.)+)"/g),
    errorBody: { type: "error", error: { type: expect.any(String), message: expect.any(String) } },
    errorEvent: /event: error\ndata: \{"type":"error","error":\{"type":"\w+","message":".+"\}\}\n\n$/,
    end: /message_stop/,
  },
  chat: {
    path: () => "/v1/chat/completions",
    body: (model, stream) => ({
      model,
      messages: [{ role: "user", content: PROMPT }],
      ...(stream && { stream, stream_options: { include_usage: true } }),
    }),
    violations: (text) => chatViolations(text),
    wordsIn: joined(/"content":"((?:[^"\\]|\\.)+)"/g),
    errorBody: { error: { message: expect.any(String), type: expect.any(String) } },
    errorEvent: /data: \{"error":\{.+\}\}\n\n$/,
    end: /\[DONE\]/,
  },
  responses: {
    path: () => "/v1/responses",
    body: (model, stream) => ({ model, stream, input: PROMPT, store: false }),
    violations: responsesViolations,
    wordsIn: (text) =>
      text.startsWith("{")
        ? joined(/"text":"((?:[^"\\]|\\.)+)"/g)(text)
        : joined(/"type":"response\.output_text\.delta".*?"delta":"((?:[^"\\]|\\.)+)"/g)(text),
    errorBody: { error: { message: expect.any(String), type: expect.any(String) } },
    errorEvent: /"type":"response\.failed".+\n\n$/,
    end: /response\.completed/,
  },
  gemini: {
    path: (model, stream) => `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: () => ({ contents: [{ role: "user", parts: [{ text: PROMPT }] }] }),
    violations: geminiViolations,
    wordsIn: joined(/"text":"((?:[^"\\]|\\.)+)"/g),
    errorBody: { error: { code: expect.any(Number), message: expect.any(String), status: expect.any(String) } },
    errorEvent: /data: \{"error":\{.+\}\}\r?\n\r?\n$/,
    end: /finishReason/,
  },
};

export interface Upstream {
  /** The account that leads there, and where its paths begin. */
  account: { platform: string; protocols: Protocol[] };
  tail: string;
  /** Its own name for the model. */
  model: string;
  stream: (words: string[]) => string[];
  /** How many of its events follow the one that says why the answer has ended. */
  behindReason: number;
  whole: (text: string) => string;
  booked: object;
  /** A stream's event that says it is overloaded, and the status that it stands for. */
  overloaded: { event: string; status: number };
  error: object;
}

export const UPSTREAMS: Record<Protocol, Upstream> = {
  anthropic: {
    account: { platform: "anthropic", protocols: ["anthropic"] },
    tail: "",
    model: "claude-sonnet-4-5",
    stream: messages.streamOf,
    behindReason: 1,
    whole: messages.wholeMessage,
    booked: messages.BOOKED,
    overloaded: { event: messages.event(messages.errorOf("overloaded_error", "Overloaded")), status: 529 },
    error: messages.errorOf("invalid_request_error", "The upstream's own words."),
  },
  chat: {
    account: { platform: "openai", protocols: ["chat"] },
    tail: "/v1",
    model: "gpt-5.5",
    stream: chat.streamOf,
    behindReason: 2,
    whole: chat.wholeChat,
    booked: chat.BOOKED,
    overloaded: { event: chat.event(chat.errorOf("requests", "Slow down", "rate_limit_exceeded")), status: 429 },
    error: chat.errorOf("invalid_request_error", "The upstream's own words."),
  },
  responses: {
    account: { platform: "openai", protocols: ["responses"] },
    tail: "/v1",
    model: "gpt-5.5",
    stream: responses.streamOf,
    behindReason: 0,
    whole: responses.wholeResponse,
    booked: responses.BOOKED,
    overloaded: { event: chat.event(chat.errorOf("requests", "Slow down", "rate_limit_exceeded")), status: 429 },
    error: chat.errorOf("invalid_request_error", "The upstream's own words."),
  },
  gemini: {
    account: { platform: "gemini", protocols: ["gemini"] },
    tail: "",
    model: "gemini-3.5-flash",
    stream: gemini.streamOf,
    behindReason: 0,
    whole: gemini.wholeContent,
    booked: gemini.BOOKED,
    overloaded: { event: gemini.event(gemini.errorOf(429, "RESOURCE_EXHAUSTED", "Slow down")), status: 429 },
    error: gemini.errorOf(400, "INVALID_ARGUMENT", "The upstream's own words."),
  },
};
