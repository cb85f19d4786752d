/**
 * An account that is not saved yet, with the values of its form: it can be checked, and asked for its models. It is in no pool, nothing is
 * recorded about it, and its keys are sealed only in memory.
 */
import type { CheckedKey } from "../../account-check/run.ts";
import type { Account } from "../../pool/account.ts";
import { accountOf } from "../../store/snapshot.ts";
import { credentialId } from "../../vault/credentials.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import { sealedRows } from "./credentials.ts";
import { sealedHeaders } from "./egress.ts";
import type { CreateAccount } from "./schema.ts";
import { draftAccount } from "./verbs.ts";

export interface UnsavedAccount {
  account: Account;
  keys: CheckedKey[];
}

/** A sign-in cannot be checked before it is saved: a Keeper holds it, and there is none yet. */
export async function unsavedAccount(context: VerbContext, input: CreateAccount): Promise<VerbResult<UnsavedAccount>> {
  const { env, now } = context;
  const drafted = await draftAccount(context, input);
  if (!drafted.ok) return drafted;
  const { kind, row, given } = drafted.value;
  if (kind.oauth) {
    const message = "is signed in to: save the account, and test it then";
    return { ok: false, refusal: invalid({ field: "kind", message }) };
  }
  const owner = { ...row, kind };
  const [credentials, headers] = await Promise.all([
    sealedRows(env, owner, given, now),
    sealedHeaders(env, owner, input.egress_headers ?? {}),
  ]);
  // So no Keeper is asked for a place.
  const unlimited = { ...row, maxConcurrency: null, dailyQuotaNanos: null };
  const rows = credentials.map((row) => ({ ...row, fingerprint: row.fingerprint ?? "" }));
  const account = accountOf(unlimited, kind, rows, [], headers?.sealed ?? null);
  const keys = rows.map((key) => ({ id: credentialId(key), position: key.position, hint: `…${key.hint}` }));
  return { ok: true, value: { account, keys } };
}
