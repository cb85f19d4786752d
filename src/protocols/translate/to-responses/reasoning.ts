/**
 * OpenAI's reasoning on its way through other formats: the item's id and its encrypted content, in the signature of a block of
 * thinking. Other providers' signatures are told apart from it, and nothing is ever made up.
 */
import { object, parse, text } from "../../../ground/json.ts";
import { carriedFrom, carry } from "../carried.ts";

export interface EncryptedReasoning {
  id: string;
  encrypted_content: string;
}

/** The signature that stands for an item; "" if the item has nothing encrypted, so that it cannot be given back. */
export function signatureOf(item: Record<string, unknown>): string {
  const encrypted_content = text(item.encrypted_content);
  const id = text(item.id);
  return encrypted_content && id ? carry("openai", JSON.stringify({ id, encrypted_content })) : "";
}

/** What {@link signatureOf} was given; null for any other signature. */
export function reasoningIn(signature: string): EncryptedReasoning | null {
  const carried = carriedFrom("openai", signature);
  const item = carried === null ? undefined : object(parse(carried));
  const id = text(item?.id);
  const encrypted_content = text(item?.encrypted_content);
  return id && encrypted_content ? { id, encrypted_content } : null;
}
