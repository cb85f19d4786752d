/** Keys that somebody pastes to find out what they are. They are found by their hash, which is made in one of two ways. */
import { apiKeyId } from "../../keys/api-key.ts";
import { legacyDigest, legacyKeyId } from "../../keys/legacy-key.ts";

/** A key in this relay's form, or in the form that other relays use. */
const PASTED = /^(?:cr_[0-9a-f]{64}|sk-\S{20,})$/;

export function isPasted(text: string | undefined): boolean {
  return text !== undefined && PASTED.test(text);
}

/** The ids that it may have: as a key of the relay's own, and as an imported one. */
export async function idsOfPasted(env: Env, key: string): Promise<string[]> {
  return [await apiKeyId(key), ...(await idsOfImported(env, key))];
}

/** For text of any form, because keys of other relays may look like names. */
export async function idsOfImported(env: Env, text: string): Promise<string[]> {
  const digest = env.LEGACY_KEY_PEPPER ? await legacyDigest(text, env.LEGACY_KEY_PEPPER) : null;
  return digest === null ? [] : [legacyKeyId(digest)];
}
