/** The tool loop in Gemini's API. A client that speaks Code Assist puts the same request into an envelope. */
import { type Fields, fieldsOf, listOf, parseFields } from "../demo/fields.ts";
import { gemini, turnOf } from "../demo/gemini.ts";
import type { Script } from "./loop.ts";
import { play } from "./played.ts";

export const geminiScript: Script = {
  answer: (request, loop) => play(gemini, request, loop),
  generates: (method, path) => method === "POST" && /:(generateContent|streamGenerateContent)$/.test(path),
  toolResult: (body) => {
    const request = opened(parseFields(body) ?? {});
    const text = turnOf(request).toolResult;
    return text === null ? null : { text, failed: failed(request) };
  },
};

function opened(body: Fields): Fields {
  return body.request === undefined ? body : fieldsOf(body.request);
}

function failed(request: Fields): boolean {
  const parts = listOf(listOf(request.contents).at(-1)?.parts);
  return parts.some(({ functionResponse }) => fieldsOf(fieldsOf(functionResponse).response).error !== undefined);
}
