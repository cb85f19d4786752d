/**
 * Finds the relay key of a request and proves it by arithmetic. Touches no storage: whether the key exists, is
 * enabled or has expired is the gate's to say; what it has just said of a key is remembered for a moment.
 */
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
  if (keys.size > 1) return { ok: false, refusal: { reason: "keys_disagree" } };
  const [key] = keys;
  if (!key) return { ok: false, refusal: { reason: sent.length > 0 ? "key_invalid" : "key_missing" } };
  const id = await verifyApiKey(key, secret);
  if (!id) return { ok: false, refusal: { reason: "key_invalid" } };
  const refusal = rememberedRefusal(id, Date.now());
  return refusal ? { ok: false, refusal } : { ok: true, value: id };
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
