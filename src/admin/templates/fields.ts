/**
 * The policy fields of a template: how they are stored (in the API's own words, so that they read like the request that
 * made them), and how they lie under the fields that are given explicitly. Pure.
 */
import { OPEN_POLICY } from "../../gate/policy.ts";
import { policyView, withFields } from "../keys/policy-fields.ts";
import { type PolicyFields, type PolicyView, policyFieldsObject } from "../keys/policy-schema.ts";

/** Only the fields that the template has; null is "no such limit", which a key that follows it takes over. */
export type TemplateFields = Partial<PolicyView>;

/** Two units of one thing: a template has both or neither. */
const LIFETIME = ["activation_days", "activation_hours"] as const;

export function storedFields(given: PolicyFields): TemplateFields {
  const view = policyView(withFields(OPEN_POLICY, given));
  const names = new Set(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name])));
  if (LIFETIME.some((unit) => names.has(unit))) for (const unit of LIFETIME) names.add(unit);
  return Object.fromEntries(Object.entries(view).filter(([name]) => names.has(name)));
}

/** Stored fields as a request would give them. */
export function givenFields(stored: TemplateFields): PolicyFields {
  return policyFieldsObject.parse(stored);
}

/** `explicit` over `under`, field by field. A lifetime in either unit replaces a lifetime in the other. */
export function overlay<Explicit extends PolicyFields>(
  under: PolicyFields,
  explicit: Explicit,
): PolicyFields & Explicit {
  const rest = { ...under };
  if (LIFETIME.some((unit) => explicit[unit] !== undefined)) for (const unit of LIFETIME) delete rest[unit];
  const given = Object.entries(explicit).filter(([, value]) => value !== undefined);
  return { ...rest, ...(Object.fromEntries(given) as Explicit) };
}
