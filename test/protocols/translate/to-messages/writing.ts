/** Requests of the hub, written for Anthropic's models. */
import type { LaneUpstream, WrittenRequest } from "../../../../src/protocols/translate/halves.ts";
import type { HubBlock, HubMessage, HubRequest, Json } from "../../../../src/protocols/translate/hub.ts";
import { TO_MESSAGES } from "../../../../src/protocols/translate/to-messages/half.ts";
import { UPSTREAM } from "../requests.ts";

export const text = (words: string): HubBlock => ({ type: "text", text: words });
export const call = (id: string, name = "a"): HubBlock => ({ type: "tool_use", id, name, input: {} });
export const result = (id: string): HubBlock => ({
  ...{ type: "tool_result", tool_use_id: id, is_error: false },
  content: [{ type: "text", text: "done" }],
});
export const user = (...content: HubBlock[]): HubMessage => ({ role: "user", content });
export const assistant = (...content: HubBlock[]): HubMessage => ({ role: "assistant", content });
export const system = (words: string): HubMessage => ({ role: "system", content: [text(words)] });

export const HUB: HubRequest = {
  ...{ model: "asked", system: [], messages: [user(text("Hello"))], tools: [], toolChoice: null },
  ...{ disableParallelToolUse: false, maxTokens: 8_000, temperature: null, topP: null, topK: null },
  ...{ stopSequences: [], thinking: null, effort: null, showThinking: false, format: null, verbosity: null },
  ...{ user: null, session: null, stream: false },
};

export const TOOL = { type: "function", name: "a", input_schema: { type: "object", properties: {} } } as const;

/** One of each kind of them. */
export const OPUS_5_5 = "claude-opus-5-5";
export const OPUS_4_6 = "claude-opus-4-6";
export const SONNET_4_5 = "claude-sonnet-4-5-20250929";
export const OTHER = "glm-4.6";

export function write(
  hub: Partial<HubRequest>,
  model = OPUS_5_5,
  upstream: Partial<LaneUpstream> = {},
): WrittenRequest {
  const result = TO_MESSAGES.write({ ...HUB, ...hub }, { ...UPSTREAM, model, ...upstream });
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

export function body(hub: Partial<HubRequest>, model = OPUS_5_5): Json {
  return write(hub, model).body;
}

/** Only the conversation, without breakpoints. */
export function turns(messages: HubMessage[], model = OPUS_5_5, hub: Partial<HubRequest> = {}): unknown {
  return JSON.parse(JSON.stringify(body({ messages, ...hub }, model).messages), (name, value) =>
    name === "cache_control" ? undefined : value,
  );
}

/** The member for which it is refused; null if it is not. */
export function refusedFor(hub: Partial<HubRequest>, model = OPUS_5_5): string | null {
  const result = TO_MESSAGES.write({ ...HUB, ...hub }, { ...UPSTREAM, model });
  if (result.ok) return null;
  return result.refusal.reason === "member_refused" ? result.refusal.member : result.refusal.reason;
}
