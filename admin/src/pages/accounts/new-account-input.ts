/** What a form for a new account amounts to, as the relay is sent it: to make the account, or to try it first. Pure. */
import type { AccountInput, UnsavedAccount } from "./accounts.ts";
import { type EgressValues, newEgress, withoutEgress } from "./egress-fields.ts";
import type { AccountKind } from "./kinds.ts";

export function accountInput(
  { platform, kind }: Pick<AccountKind, "platform" | "kind">,
  values: { name: string; note: string } & Partial<EgressValues>,
): AccountInput {
  const { note, ...given } = withoutEgress(values);
  return { ...given, ...newEgress(values), ...(note !== "" && { note }), platform, kind };
}

/** Of an account that the relay does not have: what its kind is given, and no name. */
export function unsavedInput(
  { platform, kind }: Pick<AccountKind, "platform" | "kind">,
  given: Readonly<Record<string, unknown>>,
): UnsavedAccount {
  return { ...withoutEgress(given), ...newEgress(given as Partial<EgressValues>), platform, kind };
}
