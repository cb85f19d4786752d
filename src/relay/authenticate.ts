/**
 * Finds the relay key of a request and verifies its HMAC or, if keys of another relay were restored or imported here, looks it up
 * in what is remembered of those. A key of the relay's own costs no storage: the gate says whether it exists, is enabled or has
 * expired, and that it has just refused a key is remembered for a moment.
 */
import { record } from "../events.ts";
import { rememberUse } from "../gate/recently-settled.ts";
import { countRefusal } from "../gate/refusal-counts.ts";
import { rememberedRefusal } from "../gate/refused-keys.ts";
import { verifyApiKey } from "../keys/api-key.ts";
import { legacyDigest, legacyKeyId } from "../keys/legacy-key.ts";
import type { Refusal } from "../refusal.ts";
import { keySecrets, knownRing } from "../store/key-secrets.ts";
import { legacyKeyIds } from "../store/legacy-keys.ts";
import type { Result } from "../vocabulary.ts";

/**
 * The key's id. Clients send keys in five places, sometimes two at once (Claude Code with both of its variables set,
 * Gemini CLI in bearer mode); that is fine if they agree. Beside a `cr_` key any other credential, such as the ChatGPT
 * token of a logged-in Codex, is ignored and never forwarded. Alone it may be a key of another relay that was imported here.
 */
export async function authenticate(request: Request, url: URL, env: Env): Promise<Result<string, Refusal>> {
  const sent = credentialsOf(request.headers, url);
  const keys = new Set(sent.filter((credential) => credential.startsWith("cr_")));
  if (keys.size > 1) return refusedAndCounted(null, { reason: "keys_disagree" });
  if (sent.length === 0) return refusedAndCounted(null, { reason: "key_missing" });
  const [key] = keys;
  const own = key && (await verifyApiKey(key, knownRing(env)));
  const found = own
    ? { ok: true as const, value: own }
    : await foreignKey(key, keys.size > 0 ? keys : new Set(sent), env);
  if (!found.ok) return refusedAndCounted(null, found.refusal);
  const refusal = rememberedRefusal(found.value, Date.now());
  return refusal ? refusedAndCounted(found.value, refusal) : found;
}

/** The id of a key that another relay made: `key`, if it was restored here, or the one among `sent` that was imported. */
async function foreignKey(key: string | undefined, sent: Set<string>, env: Env): Promise<Result<string, Refusal>> {
  try {
    const { ring, peppers } = await keySecrets(env, Date.now());
    const restored = key && ring !== null ? await verifyApiKey(key, ring) : null;
    return restored ? { ok: true, value: restored } : await importedKey(sent, peppers, env);
  } catch (error) {
    record({ event: "foreign_keys_unreadable", error });
    return { ok: false, refusal: { reason: "gate_unavailable" } };
  }
}

/** Most relays have no imported keys, and no secret for them: then nothing is looked up. Throws if D1 has never answered. */
async function importedKey(sent: Set<string>, peppers: readonly string[], env: Env): Promise<Result<string, Refusal>> {
  const digests = await Promise.all(
    [...sent].flatMap((credential) => peppers.map((pepper) => legacyDigest(credential, pepper))),
  );
  const ids = digests.filter((digest) => digest !== null).map(legacyKeyId);
  if (ids.length === 0) return INVALID;
  const known = await legacyKeyIds(env, Date.now());
  const [id, other] = ids.filter((id) => known.has(id));
  if (other) return { ok: false, refusal: { reason: "keys_disagree" } };
  return id ? { ok: true, value: id } : INVALID;
}

const INVALID = { ok: false, refusal: { reason: "key_invalid" } } satisfies Result<never, Refusal>;

/** Counts here, because the gate, which counts its own refusals, is not asked about these. */
function refusedAndCounted(keyId: string | null, refusal: Refusal): Result<never, Refusal> {
  countRefusal(keyId, refusal.reason, Date.now());
  if (keyId !== null) rememberUse(keyId);
  return { ok: false, refusal };
}

function credentialsOf(headers: Headers, url: URL): string[] {
  // Trimmed natively: a pattern for the space on both sides takes seconds on a header that is full of it.
  const bearer = headers
    .get("authorization")
    ?.trim()
    .replace(/^bearer\s+/i, "");
  return [
    headers.get("x-api-key"),
    bearer,
    headers.get("x-goog-api-key"),
    headers.get("api-key"),
    url.searchParams.get("key"),
  ]
    .map((value) => value?.trim())
    .filter((value): value is string => Boolean(value));
}
