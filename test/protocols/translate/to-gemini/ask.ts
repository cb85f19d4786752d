/** Hub requests, and the requests that an upstream of Google's gets for them. */
import type { LaneUpstream, WrittenRequest } from "../../../../src/protocols/translate/halves.ts";
import type { HubBlock, HubMessage, HubRequest, HubToolResult, Json } from "../../../../src/protocols/translate/hub.ts";
import { NO_QUIRKS } from "../../../../src/protocols/translate/quirks.ts";
import { TO_GEMINI } from "../../../../src/protocols/translate/to-gemini/half.ts";
import { carriedSignature, type Signed } from "../../../../src/protocols/translate/to-gemini/signatures.ts";
import { balanced } from "../../../../src/protocols/translate/turns.ts";
import { HUB } from "../hub-request.ts";

export const GEMINI_3 = upstreamOf("gemini-3.8-flash");
export const GEMINI_2_5 = upstreamOf("gemini-2.5-flash");

export function upstreamOf(model: string, official = true, without: readonly string[] = []): LaneUpstream {
  return { model, official, quirks: { ...NO_QUIRKS, without } };
}

export function hubRequest(request: Partial<HubRequest> = {}): HubRequest {
  return { ...HUB, ...request };
}

export function user(...content: (string | HubBlock)[]): HubMessage {
  return { role: "user", content: blocks(content) };
}

export function assistant(...content: (string | HubBlock)[]): HubMessage {
  return { role: "assistant", content: blocks(content) };
}

export function system(text: string): HubMessage {
  return { role: "system", content: blocks([text]) };
}

function blocks(content: (string | HubBlock)[]): HubBlock[] {
  return content.map((block) => (typeof block === "string" ? { type: "text", text: block } : block));
}

export function call(id: string, name = "look", input: Json = {}): HubBlock {
  return { type: "tool_use", id, name, input };
}

export function result(id: string, content: string | HubToolResult["content"] = "done", is_error = false): HubBlock {
  return {
    type: "tool_result",
    tool_use_id: id,
    content: typeof content === "string" ? [{ type: "text", text: content }] : content,
    is_error,
  };
}

/** A block of thinking with a signature of Google's. */
export function signed(of: Signed, signature: string, thinking = ""): HubBlock {
  return { type: "thinking", thinking, signature: carriedSignature(of, signature) };
}

export function write(request: Partial<HubRequest>, upstream = GEMINI_3): WrittenRequest {
  const hub = hubRequest(request);
  // As every lane does (compose.ts).
  const written = TO_GEMINI.write({ ...hub, messages: balanced(hub.messages) }, upstream);
  if (!written.ok) throw new Error(JSON.stringify(written.refusal));
  return written.value;
}

export function bodyOf(request: Partial<HubRequest>, upstream = GEMINI_3): Json {
  return write(request, upstream).body;
}

export function contentsOf(messages: HubMessage[], upstream = GEMINI_3): unknown {
  return bodyOf({ messages }, upstream).contents;
}
