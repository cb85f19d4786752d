/** Which platform × kind an account may be, as far as the relay can serve it today, and where it lives by default. */
import { OFFICIAL_BASE_URLS } from "../providers/destination.ts";
import type { Platform, Result } from "../vocabulary.ts";
import type { AdminRefusal } from "./api/refusal.ts";
import { invalid } from "./api/refusal.ts";

export interface AccountKind {
  platform: Platform;
  kind: "api-key";
  defaultBaseUrl: string;
}

const KINDS: readonly AccountKind[] = [
  { platform: "anthropic", kind: "api-key", defaultBaseUrl: OFFICIAL_BASE_URLS.anthropic },
  { platform: "openai", kind: "api-key", defaultBaseUrl: OFFICIAL_BASE_URLS.openai },
  { platform: "gemini", kind: "api-key", defaultBaseUrl: OFFICIAL_BASE_URLS.gemini },
  { platform: "droid", kind: "api-key", defaultBaseUrl: OFFICIAL_BASE_URLS.droid },
];

/** Finds the kind, or says what there is. */
export function accountKind(platform: string, kind: string): Result<AccountKind, AdminRefusal> {
  const samePlatform = KINDS.filter((known) => known.platform === platform);
  const found = samePlatform.find((known) => known.kind === kind);
  if (found) return { ok: true, value: found };
  const supported = KINDS.map((known) => `${known.platform} × ${known.kind}`).join(", ");
  const field = samePlatform.length > 0 ? "kind" : "platform";
  return { ok: false, refusal: invalid({ field, message: `is not supported; supported are: ${supported}` }) };
}
