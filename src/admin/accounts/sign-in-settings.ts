/** Whether the settings exist that a provider's sign-in needs, and in plain words which ones are missing. */
import type { Flow } from "../../providers/oauth/flow.ts";
import { flowSettings, missingSettings } from "../../vault/oauth-settings.ts";
import type { AdminRefusal } from "../api/refusal.ts";

/** Null if they exist. */
export function notConfigured(env: Env, flow: Flow, purpose: "sign-in" | "renewal"): AdminRefusal | null {
  const missing = missingSettings(flow, flowSettings(env, flow.name), purpose);
  if (missing.length === 0) return null;
  const are = missing.length > 1 ? "are" : "is";
  const message = `${missing.join(" and ")} ${are} not set, or not to an address that may be asked`;
  return { reason: "not_configured", message };
}
