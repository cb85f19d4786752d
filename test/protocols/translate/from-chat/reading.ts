/** Reads Chat requests into the hub, with defaults for everything that a test does not mention. */
import { FROM_CHAT } from "../../../../src/protocols/translate/from-chat/half.ts";
import type { Asked, ReadRequest } from "../../../../src/protocols/translate/halves.ts";
import type { HubRequest, Json } from "../../../../src/protocols/translate/hub.ts";
import { ASKED } from "../requests.ts";

const HELLO = [{ role: "user", content: "hello" }];

/** The request, read; a refusal is thrown. */
export function read(body: Json, asked: Partial<Asked> = {}): ReadRequest {
  const result = FROM_CHAT.read({ model: "asked", messages: HELLO, ...body }, { ...ASKED, ...asked });
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

export function hubOf(body: Json): HubRequest {
  return read(body).hub;
}

export function droppedOf(body: Json): string[] {
  return read(body).dropped;
}

export function conversationOf(messages: unknown[]): Pick<HubRequest, "system" | "messages"> {
  const { system, messages: read } = hubOf({ messages });
  return { system, messages: read };
}

/** The member for which the request is refused; null if it is not. */
export function refusedFor(body: Json): string | null {
  const result = FROM_CHAT.read({ model: "asked", messages: HELLO, ...body }, ASKED);
  if (result.ok) return null;
  return result.refusal.reason === "member_refused" ? result.refusal.member : result.refusal.reason;
}

export const text = (words: string) => ({ type: "text" as const, text: words });

export const call = (id: string, name = "look", args = "{}") => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
