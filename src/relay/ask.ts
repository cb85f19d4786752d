/**
 * What a request asks for: the few values that the relay needs out of a body it does not parse.
 */
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import { readBody } from "./body.ts";
import { parsedValue, type Slice, scanTopLevel } from "./scan.ts";
import { SESSION_MEMBERS, sessionOf } from "./session.ts";

export interface Ask {
  body: Uint8Array;
  model: string;
  /** Where the model's name lies in the body: a rename is a splice. */
  modelAt: Slice;
  stream: boolean;
  /** The output limit the client set, or null. */
  maxTokens: number | null;
  /** A price list other than the standard one was asked for; which one applies, only the answer says. */
  asksForMode: boolean;
  /** The conversation it belongs to, where that can be told. */
  session: string | null;
}

const WANTED = new Set(["model", "stream", "max_tokens", "speed", "service_tier", ...SESSION_MEMBERS]);

/** Reads and peeks at a Messages body. */
export async function readAsk(request: Request): Promise<Result<Ask, Refusal>> {
  const read = await readBody(request);
  if (!read.ok) return read;
  const body = read.value;
  const scan = scanTopLevel(body, WANTED);
  if (!scan.ok) return { ok: false, refusal: { reason: "body_malformed", detail: scan.detail } };
  const modelAt = scan.members.get("model");
  const model = parsedValue(body, modelAt);
  if (!modelAt || typeof model !== "string" || model === "") return { ok: false, refusal: { reason: "model_missing" } };
  const maxTokens = parsedValue(body, scan.members.get("max_tokens"));
  return {
    ok: true,
    value: {
      body,
      model,
      modelAt,
      stream: parsedValue(body, scan.members.get("stream")) === true,
      maxTokens: typeof maxTokens === "number" && maxTokens >= 0 ? Math.floor(maxTokens) : null,
      asksForMode: scan.members.has("speed") || scan.members.has("service_tier"),
      session: sessionOf(request.headers, body, scan.members),
    },
  };
}
