/**
 * Finds the relay key of a request and proves it by arithmetic. Touches no storage: whether the key exists, is
 * enabled or has expired is the gate's to say; what it has just said of a key is remembered for a moment.
 */
import { rememberUse } from "../gate/recently-settled.ts";
import { countRefusal } from "../gate/refusal-counts.ts";
import { rememberedRefusal } from "../gate/refused-keys.ts";
import { verifyApiKey } from "../keys/api-key.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";

/**
 * The key's id. Clients send keys in five places, sometimes two at once (Claude Code with both of its variables set,
 * Gemini CLI in bearer mode); that is fine when they agree. A credential that is no `cr_` key, such as the ChatGPT
 * token of a logged-in Codex, is ignored beside one, and never forwarded.
 */
export async function authenticate(request: Request, url: URL, secret: string): Promise<Result<string, Refusal>> {
  const sent = credentialsOf(request.headers, url);
  const keys = new Set(sent.filter((credential) => credential.startsWith("cr_")));
  if (keys.size > 1) return refusedAndCounted(null, { reason: "keys_disagree" });
  const [key] = keys;
  if (!key) return refusedAndCounted(null, { reason: sent.length > 0 ? "key_invalid" : "key_missing" });
  const id = await verifyApiKey(key, secret);
  if (!id) return refusedAndCounted(null, { reason: "key_invalid" });
  const refusal = rememberedRefusal(id, Date.now());
  return refusal ? refusedAndCounted(id, refusal) : { ok: true, value: id };
}

/** The gate, which counts what it refuses, is not asked about these. */
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
