/**
 * Errors of Chat Completions. All of OpenAI's APIs share one envelope and one wording.
 */
export { errorBody, errorIn } from "../openai.ts";

/** The event that tells a client that its stream broke: the SDKs throw on any event that has an `error`. */
export function errorEvent(message: string): string {
  return `data: ${JSON.stringify({ error: { message, type: "server_error", param: null, code: "server_error" } })}\n\n`;
}
