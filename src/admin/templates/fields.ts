/**
 * The policy fields of a template: how they are stored (in the API's own words, like the request that made them), and how they combine
 * with fields that are given explicitly. Pure.
 */
import * as z from "zod/mini";
import { OPEN_POLICY } from "../../keys/policy.ts";
import { withOtherUnits } from "../api/fields.ts";
import {
  POLICY_FIELDS,
  type PolicyFields,
  type PolicyView,
  policySchemas,
  policyView,
  withFields,
} from "../keys/fields.ts";

/** Only the fields that the template has. Null means "no such limit", which a key that follows it takes over. */
export type TemplateFields = Partial<PolicyView>;

export function storedFields(given: PolicyFields): TemplateFields {
  const view = policyView(withFields(OPEN_POLICY, given));
  const names = withOtherUnits(POLICY_FIELDS, Object.keys(defined(given)));
  return Object.fromEntries(Object.entries(view).filter(([name]) => names.has(name)));
}

const policyBody = z.object(policySchemas);

/** Stored fields in the form of a request. */
export function givenFields(stored: TemplateFields): PolicyFields {
  return policyBody.parse(stored);
}

/** `explicit` over `under`, field by field. A lifetime in either unit replaces one in the other. */
export function overlay<Explicit extends PolicyFields>(
  under: PolicyFields,
  explicit: Explicit,
): PolicyFields & Explicit {
  const given = defined(explicit);
  const replaced = withOtherUnits(POLICY_FIELDS, Object.keys(given));
  const rest = Object.fromEntries(Object.entries(under).filter(([name]) => !replaced.has(name)));
  return { ...rest, ...given };
}

function defined<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}
