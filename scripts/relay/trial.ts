/** Sends one small request like a client's through the relay, and reads its answer to the end. It says that it is the relay's own. */
import { createParser } from "eventsource-parser";
import { object, parse } from "../../src/ground/json.ts";
import * as anthropic from "../../src/protocols/anthropic/check.ts";
import * as chat from "../../src/protocols/chat/check.ts";
import type { AccountCheck } from "../../src/protocols/check.ts";
import * as gemini from "../../src/protocols/gemini/check.ts";
import * as responses from "../../src/protocols/responses/check.ts";
import type { Protocol } from "../../src/protocols/wire.ts";
import type { Platform } from "../../src/vocabulary.ts";
import { diagnosis } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { request } from "./relay-session.ts";
import type { System } from "./system.ts";

export interface TrialOrder {
  platform: Platform;
  protocol: Protocol;
  model: string;
  /** A relay key that may use the platform. */
  key: string;
}

export interface Tried {
  ok: boolean;
  /** 0: nobody was asked. */
  status: number;
  /** The answer; or what is wrong, if there was none. */
  text: string;
  ttft_ms: number | null;
  total_ms: number;
  request_id: string | null;
}

/** The same as in `wire.ts`, which Node cannot load directly (it has classes with parameter properties). */
const CHECKS: Record<Protocol, AccountCheck> = { anthropic, chat, responses, gemini };

/** Platforms without models of their own are asked at their own paths. */
const OWN_PATHS: Partial<Record<Platform, Partial<Record<Protocol, string>>>> = {
  droid: {
    anthropic: "/droid/claude/v1/messages",
    responses: "/droid/openai/v1/responses",
    chat: "/droid/comm/v1/chat/completions",
  },
  antigravity: { anthropic: "/antigravity/api/v1/messages" },
};

/** One word was asked for, but an upstream may send as much as it likes, and a provider's events may be large. */
const MOST_BYTES = 1_000_000;

/** Throws `Failed` if the relay does not answer. */
export async function tryRequest(system: System, connection: Connection, order: TrialOrder): Promise<Tried> {
  const { platform, model, key } = order;
  // Antigravity has a path only for Messages.
  const protocol = platform === "antigravity" ? "anthropic" : order.protocol;
  const check = CHECKS[protocol];
  const path = OWN_PATHS[platform]?.[protocol] ?? check.pathFor(model);
  const startedAt = system.now();
  const response = await request(system, connection, path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "edge-relay",
      ...check.HEADERS,
      authorization: `Bearer ${key}`,
    },
    body: JSON.stringify(check.bodyFor(model)),
  });
  const { status, headers, url } = response;
  const about = { status, request_id: headers.get("x-request-id") };
  if (!response.ok || !response.body) {
    const body = await response.text();
    const { message } = diagnosis({ url, status, headers, body });
    return { ok: false, ...about, text: message, ttft_ms: null, total_ms: system.now() - startedAt };
  }
  let text = "";
  let firstAt: number | null = null;
  let error: string | null = null;
  const parser = createParser({
    onEvent: ({ data }) => {
      const event = object(parse(data));
      if (!event) return;
      const failure = object(event.error)?.message;
      if (typeof failure === "string") error = failure;
      const words = check.textOfEvent(event).text;
      if (words !== "") firstAt ??= system.now();
      text += words;
    },
  });
  const decoder = new TextDecoder();
  let room = MOST_BYTES;
  try {
    for await (const bytes of response.body) {
      room -= bytes.byteLength;
      if (room < 0) {
        error = "the answer does not come to its end";
        break;
      }
      parser.feed(decoder.decode(bytes, { stream: true }));
    }
  } catch {
    error ??= "the answer broke off";
  }
  const total_ms = system.now() - startedAt;
  const ttft_ms = firstAt === null ? null : firstAt - startedAt;
  if (error !== null) return { ok: false, ...about, text: error, ttft_ms, total_ms };
  return { ok: true, ...about, text: text.trim() || "(an answer without words)", ttft_ms, total_ms };
}
