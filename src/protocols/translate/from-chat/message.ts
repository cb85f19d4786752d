/** Puts the deltas of a Chat message together, in the way that clients do. */
import type { ChatCompletionChunk, ChatCompletionMessage } from "openai/resources/chat/completions";
import type { Delta } from "./deltas.ts";
import type { ReasoningDetail } from "./reasoning.ts";

export interface ChatMessage extends Omit<ChatCompletionMessage, "tool_calls" | "function_call"> {
  reasoning_content?: string;
  reasoning_details?: ReasoningDetail[];
  tool_calls?: ChatCall[];
  function_call?: Called;
}

interface ChatCall {
  id: string;
  type: "function" | "custom";
  function?: Called;
  custom?: { name: string; input: string };
}

interface Called {
  name: string;
  arguments: string;
}

export function messageOf(deltas: readonly Delta[]): ChatMessage {
  const message: ChatMessage = { role: "assistant", content: null, refusal: null };
  for (const { content, reasoning_content, tool_calls, function_call, reasoning_details, annotations } of deltas) {
    if (typeof content === "string") message.content = (message.content ?? "") + content;
    if (reasoning_content) message.reasoning_content = (message.reasoning_content ?? "") + reasoning_content;
    if (reasoning_details) message.reasoning_details = reasoning_details;
    if (annotations) message.annotations = annotations;
    if (function_call) message.function_call = joined(message.function_call, function_call);
    for (const call of tool_calls ?? []) {
      message.tool_calls ??= [];
      addCall(message.tool_calls, call);
    }
  }
  return message;
}

function addCall(calls: ChatCall[], delta: ChatCompletionChunk.Choice.Delta.ToolCall): void {
  const { index, id = "", type = "function", function: called, custom, ...others } = delta;
  const known = calls[index];
  const call = known ?? { id, type, ...others };
  if (!known) calls.push(call);
  if (called) call.function = joined(call.function, called);
  if (custom) {
    const { name, input } = call.custom ?? { name: custom.name ?? "", input: "" };
    call.custom = { name, input: input + (custom.input ?? "") };
  }
}

function joined(known: Called | undefined, delta: Partial<Called>): Called {
  const { name, arguments: args } = known ?? { name: delta.name ?? "", arguments: "" };
  return { name, arguments: args + (delta.arguments ?? "") };
}
