/** The tool loop in OpenAI's Chat Completions. */
import { chat, turnOf } from "../demo/chat.ts";
import { parseFields } from "../demo/fields.ts";
import { openai } from "../demo/openai.ts";
import type { Script } from "./loop.ts";
import { play } from "./played.ts";

export const chatScript: Script = {
  answer: (request, loop) => play((asked, decide) => chat(asked, decide) ?? openai(asked), request, loop),
  generates: (method, path) => method === "POST" && path.endsWith("/chat/completions"),
  toolResult: (body) => {
    const text = turnOf(parseFields(body) ?? {}).toolResult;
    // The format cannot say that a tool failed.
    return text === null ? null : { text, failed: false };
  },
};
