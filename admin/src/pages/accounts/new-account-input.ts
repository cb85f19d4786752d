/** What a form for a new account amounts to, as the relay is sent it: to make the account, or to try it first. Pure. */
import type { AccountInput, UnsavedAccount } from "./accounts.ts";
import { type EgressValues, newEgress, withoutEgress } from "./egress-fields.ts";
import { withKeys } from "./given-keys.ts";
import type { AccountKind } from "./kinds.ts";

type Kind = Pick<AccountKind, "platform" | "kind">;

/** What a form asks beside what the account's kind is given. */
export interface NewAccountValues extends Partial<EgressValues> {
  name: string;
  note: string;
  group_ids?: string[];
  api_key?: string;
  api_keys?: string[];
}

export function accountInput({ platform, kind }: Kind, values: NewAccountValues): AccountInput {
  const { note, group_ids: groups = [], ...given } = withKeys(withoutEgress(values));
  return {
    ...{ ...given, ...newEgress(values), ...(note !== "" && { note }) },
    ...(groups.length > 0 && { group_ids: groups }),
    platform,
    kind,
  };
}

/** Of an account that the relay does not have: what its kind is given, and no name. */
export function unsavedInput({ platform, kind }: Kind, given: Readonly<Record<string, unknown>>): UnsavedAccount {
  return { ...withKeys(withoutEgress(given)), ...newEgress(given as Partial<EgressValues>), platform, kind };
}
