/**
 * What a key may be used for, apart from how much: platform, model, client and address. Pure.
 */
import { inRange } from "../ground/addresses.ts";
import { matches } from "../ground/patterns.ts";
import type { KeyPolicy } from "../keys/policy.ts";
import { deniesModel } from "../pool/models.ts";
import type { Refusal } from "../refusal.ts";
import type { Platform } from "../vocabulary.ts";

/** What a request says about itself. */
export interface RuleInput {
  /** The platforms that could serve it, best first. */
  platforms: readonly [Platform, ...Platform[]];
  /** Null if the route names no model (lists). */
  model: string | null;
  /** Other models that may answer a part of it; null stands for one that the provider chooses. */
  otherModels?: readonly (string | null)[];
  /** The recognised client, or "unknown". */
  client: string;
  userAgent: string;
  ip: string | null;
  /** An account could serve it with a model that has no known price. */
  unpriced?: boolean;
}

/** The first rule of the policy that the request breaks, or null. */
export function ruleRefusal(policy: KeyPolicy, input: RuleInput): Refusal | null {
  if (!policy.enabled) return { reason: "key_disabled" };
  const { ip } = input;
  if (policy.allowedIps.length > 0 && !(ip !== null && policy.allowedIps.some((range) => inRange(ip, range)))) {
    return { reason: "ip_denied" };
  }
  if (permitted(policy, input.platforms).length === 0)
    return { reason: "platform_denied", platform: input.platforms[0] };
  if (input.model !== null && !modelAllowed(policy, input.model)) return { reason: "model_denied", model: input.model };
  for (const other of input.otherModels ?? []) {
    const open = policy.allowedModels.length === 0 && policy.deniedModels.length === 0;
    const allowed = other === null ? open : modelAllowed(policy, other);
    if (!allowed) return { reason: "model_denied", model: other ?? "of the provider's own choice" };
  }
  if (input.model !== null && input.unpriced && policy.unpriced === "refuse") {
    return { reason: "model_unpriced", model: input.model };
  }
  if (policy.allowedClients.length > 0 && !policy.allowedClients.some((rule) => clientMatches(rule, input))) {
    return { reason: "client_denied", client: input.client };
  }
  return null;
}

/** The platforms, among these, that the policy lets the key use. */
export function permitted(policy: KeyPolicy, platforms: readonly Platform[]): Platform[] {
  return platforms.filter((platform) => policy.permissions.length === 0 || policy.permissions.includes(platform));
}

/** Whether a policy lets a model through: on the allow list (or none is set), and not on the deny list. */
export function modelAllowed(policy: KeyPolicy, model: string): boolean {
  const { allowedModels, deniedModels } = policy;
  if (deniesModel(deniedModels, model)) return false;
  return allowedModels.length === 0 || allowedModels.some((pattern) => matches(pattern, model));
}

function clientMatches(rule: string, input: RuleInput): boolean {
  return rule === input.client || matches(rule, input.userAgent);
}
