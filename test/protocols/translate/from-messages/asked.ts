/** Requests of the Messages API, read. */
import { FROM_MESSAGES } from "../../../../src/protocols/translate/from-messages/half.ts";
import type { Asked, ReadRequest } from "../../../../src/protocols/translate/halves.ts";
import type { HubRequest, Json } from "../../../../src/protocols/translate/hub.ts";
import { ASKED } from "../requests.ts";

export const HELLO = [{ role: "user", content: "Hello" }];

export function reading(body: Json, asked: Partial<Asked> = {}) {
  return FROM_MESSAGES.read({ model: "asked", max_tokens: 100, messages: HELLO, ...body }, { ...ASKED, ...asked });
}

/** What is read; a refusal is thrown. */
export function read(body: Json, asked: Partial<Asked> = {}): ReadRequest {
  const result = reading(body, asked);
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

export function hub(body: Json): HubRequest {
  return read(body).hub;
}

/** The member for which it is refused; null if it is not. */
export function refusedFor(body: Json): string | null {
  const result = reading(body);
  if (result.ok) return null;
  return result.refusal.reason === "member_refused" ? result.refusal.member : result.refusal.reason;
}
