/** The body of a request to generateContent, and of a count of its tokens. */
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import type { HubRequest, Json } from "../hub.ts";
import { configOf } from "./config.ts";
import { conversationOf } from "./contents.ts";
import { toolsOf } from "./tools.ts";
import type { Writing } from "./writing.ts";

/** What the model reads: instructions, conversation, tools. The order of members is always the same. */
export function promptOf(hub: HubRequest, writing: Writing): Result<Json, Refusal> {
  const conversation = conversationOf(hub, writing);
  if (!conversation.ok) return conversation;
  const { systemInstruction, contents } = conversation.value;
  const { tools, toolConfig } = toolsOf(hub, writing);
  return {
    ok: true,
    value: {
      ...(systemInstruction && { systemInstruction }),
      contents,
      ...(tools.length > 0 && { tools }),
      ...(toolConfig && { toolConfig }),
    },
  };
}

export function bodyOf(hub: HubRequest, writing: Writing): Result<Json, Refusal> {
  const prompt = promptOf(hub, writing);
  if (!prompt.ok) return prompt;
  const generationConfig = configOf(hub, writing);
  return { ok: true, value: { ...prompt.value, ...(generationConfig && { generationConfig }) } };
}
