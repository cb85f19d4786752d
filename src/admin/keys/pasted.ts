/** Keys that somebody pastes to find out what they are: found by their hash, in whichever of two ways that is made. */
import { apiKeyId } from "../../keys/api-key.ts";
import { legacyDigest, legacyKeyId } from "../../keys/legacy-key.ts";

/** A key of this relay's form, or of the form that other relays give theirs. */
const PASTED = /^(?:cr_[0-9a-f]{64}|sk-\S{20,})$/;

export function isPasted(text: string | undefined): boolean {
  return text !== undefined && PASTED.test(text);
}

/** The ids that it may have: of its own, and of a key that was imported. */
export async function idsOfPasted(env: Env, key: string): Promise<string[]> {
  return [await apiKeyId(key), ...(await idsOfImported(env, key))];
}

/** Of a text of any form: keys of other relays may have one that looks like a name. */
export async function idsOfImported(env: Env, text: string): Promise<string[]> {
  const digest = env.LEGACY_KEY_PEPPER ? await legacyDigest(text, env.LEGACY_KEY_PEPPER) : null;
  return digest === null ? [] : [legacyKeyId(digest)];
}
