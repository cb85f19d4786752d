/** OpenAI's own SDK, whose every request is answered with these bytes, in pieces of the given sizes (repeated). */
import OpenAI from "openai";
import { answeredInPieces } from "./in-pieces.ts";

export function openaiAnsweredWith(text: string, cuts: readonly number[], contentType = "text/event-stream"): OpenAI {
  const fetch = answeredInPieces(text, cuts, contentType);
  return new OpenAI({ apiKey: "none", baseURL: "http://relay.example/v1", fetch, maxRetries: 0 });
}
