/**
 * Errors of the Responses API, and how Codex's own reader of the stream reacts to them.
 */
import type { Face } from "../../refusal.ts";
import { errorMembers } from "../openai.ts";

export { errorIn } from "../openai.ts";

/**
 * The body of a refusal. Where a wait of a minute does not help, it has the type at which Codex gives up at once and says until
 * when. Codex repeats a 429 of any other type after `retry-after`, however long that is, and then hides the refusal's words.
 */
export function errorBody(face: Face): string {
  const error = errorMembers(face);
  if (face.status !== 429 || face.retryable) return JSON.stringify({ error });
  const resets = face.resetAt === undefined ? {} : { resets_at: Math.ceil(face.resetAt / 1000) };
  return JSON.stringify({ error: { ...error, type: "usage_limit_reached", ...resets } });
}

/**
 * The events that tell a client that its stream broke, as OpenAI itself sends them: the SDKs throw on the first, Codex reads only
 * the second. The schemas of strict clients require a sequence number, but the right one is not known here.
 */
export function errorEvent(message: string): string {
  const error = { code: "server_error", message };
  const failed = { object: "response", status: "failed", error, output: [], incomplete_details: null };
  return (
    event({ type: "error", sequence_number: 0, error: { type: "server_error", ...error, param: null } }) +
    event({ type: "response.failed", sequence_number: 0, response: failed })
  );
}

function event(data: { type: string; [member: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
