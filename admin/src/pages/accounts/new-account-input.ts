/** What the form for a new account sends to the relay, to create the account or to test it first. Pure. */
import type { AccountInput, UnsavedAccount } from "./accounts.ts";
import { type EgressValues, newEgress, withoutEgress } from "./egress-fields.ts";
import { withKeys } from "./given-keys.ts";
import type { AccountKind } from "./kinds.ts";

type Kind = Pick<AccountKind, "platform" | "kind">;

/** What a form asks for besides what the account's kind needs. */
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

/** For an account that the relay does not have yet: what its kind needs, without a name. */
export function unsavedInput({ platform, kind }: Kind, given: Readonly<Record<string, unknown>>): UnsavedAccount {
  return { ...withKeys(withoutEgress(given)), ...newEgress(given as Partial<EgressValues>), platform, kind };
}
