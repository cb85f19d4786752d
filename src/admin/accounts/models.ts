/** The models that an account's upstream lists, for an account that is saved or not. Used by forms; nothing depends on them. */
import { upstreamModels } from "../../account-check/models.ts";
import type { Account } from "../../pool/account.ts";
import { loadPool } from "../../store/snapshot.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { NO_SUCH_ACCOUNT } from "./health.ts";
import type { AccountModelsView, CreateAccount } from "./schema.ts";
import { unsavedAccount } from "./unsaved.ts";

const MOST_MODELS = 1_000;

export async function listModels(context: VerbContext, id: string): Promise<VerbResult<AccountModelsView>> {
  const { accounts } = await loadPool(context.env, context.now);
  const account = accounts.find((one) => one.id === id);
  return account ? asked(context, account) : NO_SUCH_ACCOUNT;
}

export async function listUnsavedModels(
  context: VerbContext,
  input: CreateAccount,
): Promise<VerbResult<AccountModelsView>> {
  const made = await unsavedAccount(context, input);
  return made.ok ? asked(context, made.value.account) : made;
}

async function asked({ env, now }: VerbContext, account: Account): Promise<VerbResult<AccountModelsView>> {
  const models = await upstreamModels(env, account, now);
  return { ok: true, value: { items: models?.slice(0, MOST_MODELS) ?? null } };
}
