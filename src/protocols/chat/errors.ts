/**
 * Errors as Chat Completions writes them. Its envelope and its words are those of all of OpenAI's APIs.
 */
export { errorBody, errorIn } from "../openai.ts";

/** The event that tells a client that its stream broke: the SDKs throw on any event with an `error`. */
export function errorEvent(message: string): string {
  return `data: ${JSON.stringify({ error: { message, type: "server_error", param: null, code: "server_error" } })}\n\n`;
}
