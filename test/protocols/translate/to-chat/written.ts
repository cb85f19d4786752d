/** Requests of the hub, and how they are written for a Chat upstream. */
import type { LaneUpstream, WrittenRequest } from "../../../../src/protocols/translate/halves.ts";
import type { HubFunction, HubMessage, HubRequest, Json } from "../../../../src/protocols/translate/hub.ts";
import { NO_QUIRKS, type Quirks } from "../../../../src/protocols/translate/quirks.ts";
import { TO_CHAT } from "../../../../src/protocols/translate/to-chat/half.ts";
import { HUB } from "../hub-request.ts";

export const ASKS: HubMessage = { role: "user", content: [{ type: "text", text: "Hi" }] };

export const READ: HubFunction = {
  type: "function",
  name: "Read",
  description: "Reads a file",
  input_schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};

export function hub(fields: Partial<HubRequest> = {}): HubRequest {
  return { ...HUB, messages: [ASKS], showThinking: true, ...fields };
}

export function upstream(quirks: Partial<Quirks> = {}, model = "own"): LaneUpstream {
  return { model, official: false, quirks: { ...NO_QUIRKS, ...quirks } };
}

/** What is sent; a refusal is thrown. */
export function written(fields: Partial<HubRequest> = {}, quirks: Partial<Quirks> = {}, model = "own"): WrittenRequest {
  const result = TO_CHAT.write(hub(fields), upstream(quirks, model));
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

export function body(fields: Partial<HubRequest> = {}, quirks: Partial<Quirks> = {}, model = "own"): Json {
  return written(fields, quirks, model).body;
}

export function messages(list: HubMessage[], quirks: Partial<Quirks> = {}, fields: Partial<HubRequest> = {}): unknown {
  return body({ ...fields, messages: list }, quirks).messages;
}

/** The assistant's turn of one call, and the user's with its result. */
export function loop(id = "call_1", text = "hi"): HubMessage[] {
  return [
    ASKS,
    { role: "assistant", content: [{ type: "tool_use", id, name: "Read", input: { path: "a" } }] },
    {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: id, content: [{ type: "text", text }], is_error: false }],
    },
  ];
}
