/** The kind that an account should have, according to the request, and the credentials that the request gives. */
import type { GivenCredential, Kind } from "../../providers/kind.ts";
import { CREDENTIAL_FIELDS, KINDS, kindOf } from "../../providers/kinds.ts";
import type { Result } from "../../vocabulary.ts";
import { fieldProblems } from "../api/field-problems.ts";
import { type AdminRefusal, type FieldProblem, invalid } from "../api/refusal.ts";
import type { UpdateAccount } from "./schema.ts";

/** Finds the kind, or says which kinds exist. */
export function chosenKind(platform: string, name: string): Result<Kind, AdminRefusal> {
  const kind = kindOf(platform, name);
  if (kind) return { ok: true, value: kind };
  const supported = KINDS.map((known) => `${known.platform} × ${known.name}`).join(", ");
  const field = KINDS.some((known) => known.platform === platform) ? "kind" : "platform";
  return { ok: false, refusal: invalid({ field, message: `is not supported; supported are: ${supported}` }) };
}

/** The credentials in the fields that the kind takes; none if no such field is given. */
export function givenCredentials(kind: Kind, input: UpdateAccount): Result<GivenCredential[], FieldProblem[]> {
  const given = Object.fromEntries(
    Object.entries(input).filter(([name, value]) => name in CREDENTIAL_FIELDS && value !== undefined),
  );
  const read = kind.credentialFields.safeParse(given);
  if (!read.success) return { ok: false, refusal: fieldProblems(read.error.issues, given) };
  if (kind.oauth && read.data.length > 0 && input.terms_acknowledged !== true) {
    const message = `must be true: ${kind.oauth.terms}`;
    return { ok: false, refusal: [{ field: "terms_acknowledged", message }] };
  }
  return { ok: true, value: read.data };
}
