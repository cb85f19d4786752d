/** How clients of each format express what translations are known to lose. */
import { FROM_CHAT } from "../../../src/protocols/translate/from-chat/half.ts";
import { FROM_GEMINI } from "../../../src/protocols/translate/from-gemini/half.ts";
import { FROM_MESSAGES } from "../../../src/protocols/translate/from-messages/half.ts";
import { FROM_RESPONSES } from "../../../src/protocols/translate/from-responses/half.ts";
import type { ClientHalf } from "../../../src/protocols/translate/halves.ts";
import type { Json } from "../../../src/protocols/translate/hub.ts";
import type { Protocol } from "../../../src/protocols/wire.ts";
import { chatViolations } from "./validators/chat.ts";
import { geminiViolations } from "./validators/gemini.ts";
import { messagesViolations } from "./validators/messages.ts";
import { responsesViolations } from "./validators/responses.ts";

export const PICTURE = "UElDVFVSRQ==";
export const PAGES = "UEFHRVM=";
export const SCHEMA = { type: "object", properties: { at: { type: "string" } } };

/** A client of a format, and how its streams are checked against the format's rules. */
export interface Client {
  half: ClientHalf;
  plain: Json;
  /** An image in the result of a tool. */
  picture: Json;
  document: Json;
  /** A tool that may not be called. */
  forbidden: Json;
  /** One call at a time; null if the format cannot express it. */
  single: Json | null;
  search: Json;
  violations: (text: string) => string[];
}

const HELLO = { role: "user", content: "hello" };
const CHAT_TOOLS = [{ type: "function", function: { name: "look", parameters: SCHEMA } }];
const CHAT_CALL = { id: "call_1", type: "function", function: { name: "look", arguments: "{}" } };
const GEMINI_HELLO = { role: "user", parts: [{ text: "hello" }] };
const GEMINI_TOOLS = [{ functionDeclarations: [{ name: "look", parametersJsonSchema: SCHEMA }] }];

export const CLIENTS: Record<Protocol, Client> = {
  anthropic: {
    half: FROM_MESSAGES,
    plain: { max_tokens: 4_000, messages: [HELLO], thinking: { type: "enabled", budget_tokens: 1_024 } },
    picture: {
      messages: [
        HELLO,
        { role: "assistant", content: [{ type: "tool_use", id: "call_1", name: "look", input: {} }] },
        {
          role: "user",
          content: [
            {
              ...{ type: "tool_result", tool_use_id: "call_1" },
              content: [{ type: "image", source: { type: "base64", media_type: "image/png", data: PICTURE } }],
            },
          ],
        },
      ],
    },
    document: {
      messages: [
        {
          role: "user",
          content: [{ type: "document", source: { type: "base64", media_type: "application/pdf", data: PAGES } }],
        },
      ],
    },
    forbidden: { tools: [{ name: "look", input_schema: SCHEMA }], tool_choice: { type: "none" } },
    single: {
      tools: [{ name: "look", input_schema: SCHEMA }],
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    },
    search: { tools: [{ type: "web_search_20250305", name: "web_search" }] },
    violations: messagesViolations,
  },
  chat: {
    half: FROM_CHAT,
    plain: { messages: [HELLO], reasoning_effort: "high", stream_options: { include_usage: true } },
    picture: {
      messages: [
        HELLO,
        { role: "assistant", content: null, tool_calls: [CHAT_CALL] },
        {
          ...{ role: "tool", tool_call_id: "call_1" },
          content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${PICTURE}` } }],
        },
      ],
    },
    document: {
      messages: [
        {
          role: "user",
          content: [{ type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${PAGES}` } }],
        },
      ],
    },
    forbidden: { tools: CHAT_TOOLS, tool_choice: "none" },
    single: { tools: CHAT_TOOLS, parallel_tool_calls: false },
    search: { web_search_options: {} },
    violations: (text) => chatViolations(text),
  },
  responses: {
    half: FROM_RESPONSES,
    plain: { input: "hello", reasoning: { effort: "high", summary: "auto" }, include: ["reasoning.encrypted_content"] },
    picture: {
      input: [
        HELLO,
        { type: "function_call", call_id: "call_1", name: "look", arguments: "{}" },
        {
          ...{ type: "function_call_output", call_id: "call_1" },
          output: [{ type: "input_image", image_url: `data:image/png;base64,${PICTURE}` }],
        },
      ],
    },
    document: {
      input: [
        {
          role: "user",
          content: [{ type: "input_file", filename: "a.pdf", file_data: `data:application/pdf;base64,${PAGES}` }],
        },
      ],
    },
    forbidden: { tools: [{ type: "function", name: "look", parameters: SCHEMA }], tool_choice: "none" },
    single: { tools: [{ type: "function", name: "look", parameters: SCHEMA }], parallel_tool_calls: false },
    search: { tools: [{ type: "web_search" }] },
    violations: responsesViolations,
  },
  gemini: {
    half: FROM_GEMINI,
    plain: { contents: [GEMINI_HELLO], generationConfig: { thinkingConfig: { includeThoughts: true } } },
    picture: {
      contents: [
        GEMINI_HELLO,
        { role: "model", parts: [{ functionCall: { id: "call_1", name: "look", args: {} } }] },
        {
          role: "user",
          parts: [
            {
              functionResponse: {
                ...{ id: "call_1", name: "look", response: { output: "" } },
                parts: [{ inlineData: { mimeType: "image/png", data: PICTURE } }],
              },
            },
          ],
        },
      ],
    },
    document: {
      contents: [{ role: "user", parts: [{ inlineData: { mimeType: "application/pdf", data: PAGES } }] }],
    },
    forbidden: { tools: GEMINI_TOOLS, toolConfig: { functionCallingConfig: { mode: "NONE" } } },
    single: null,
    search: { tools: [{ googleSearch: {} }] },
    violations: geminiViolations,
  },
};
