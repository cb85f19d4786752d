/**
 * A rate for requests that use nothing up (token counts, lists, a key's own figures): no limit of the key bounds them, and each
 * costs the relay a request to the key's gate. Cloudflare counts them per location, without a storage operation.
 */
import { networkOf } from "../ground/addresses.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import type { Call } from "./call.ts";

const ALLOWED: Result<null, Refusal> = { ok: true, value: null };

/** The rate is in wrangler.toml. It leaves room for a team on one key, and Claude Code counts up to 26 times at once. */
export async function unmeteredRate({ env }: Pick<Call, "env">, keyId: string): Promise<Result<null, Refusal>> {
  const { success } = await env.UNMETERED_LIMIT.limit({ key: keyId });
  return success ? ALLOWED : { ok: false, refusal: { reason: "unmetered_rate" } };
}

/** The same rate for requests for figures from one address, before anybody looks whether the key is valid: it slows guessing too. */
export async function figuresRate({ env, http }: Pick<Call, "env" | "http">): Promise<Result<null, Refusal>> {
  const address = networkOf(http.headers.get("cf-connecting-ip") ?? "");
  const { success } = await env.UNMETERED_LIMIT.limit({ key: `figures:${address}` });
  return success ? ALLOWED : { ok: false, refusal: { reason: "figures_rate", resetAt: null } };
}
