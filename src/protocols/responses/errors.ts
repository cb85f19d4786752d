/**
 * Errors as the Responses API writes them, with what Codex' own reader of the stream makes of them.
 */
import type { Face } from "../../refusal.ts";
import { errorMembers } from "../openai.ts";

export { errorIn } from "../openai.ts";

/**
 * The body of a refusal. Where no wait of a minute helps it has the type at which Codex gives up at once and says until
 * when; a 429 of any other type it repeats after `retry-after`, however long that is, and then hides its words.
 */
export function errorBody(face: Face): string {
  const error = errorMembers(face);
  if (face.status !== 429 || face.retryable) return JSON.stringify({ error });
  const resets = face.resetAt === undefined ? {} : { resets_at: Math.ceil(face.resetAt / 1000) };
  return JSON.stringify({ error: { ...error, type: "usage_limit_reached", ...resets } });
}

/**
 * The events that tell a client that its stream broke, as OpenAI itself sends them: the SDKs throw on the first,
 * Codex reads only the second. Their place in the sequence is not known here; the schemas of strict clients ask for one.
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
