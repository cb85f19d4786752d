/** The tool loop in OpenAI's Responses: as a function call, or as the script with which newer Codex runs its tools. */
import { parseFields } from "../demo/fields.ts";
import { openai } from "../demo/openai.ts";
import { responses, turnOf } from "../demo/responses.ts";
import type { Script } from "./loop.ts";
import { play } from "./played.ts";

export const responsesScript: Script = {
  answer: (request, loop) => play((asked, decide) => responses(asked, decide) ?? openai(asked), request, loop),
  generates: (method, path) => method === "POST" && path.endsWith("/responses"),
  toolResult: (body) => {
    const text = turnOf(parseFields(body) ?? {}).toolResult;
    // The format cannot say that a tool failed.
    return text === null ? null : { text, failed: false };
  },
};
