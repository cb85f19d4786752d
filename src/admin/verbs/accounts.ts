import type { VerbContext, VerbResult } from "../context.ts";
import type { AccountView, CreateAccount, ListAccounts, UpdateAccount } from "../schemas/accounts.ts";
import type { Page } from "../schemas/page.ts";
export async function listAccounts(_c: VerbContext, _i: ListAccounts): Promise<VerbResult<Page<AccountView>>> {
  throw new Error("soon");
}
export async function createAccount(_c: VerbContext, _i: CreateAccount): Promise<VerbResult<AccountView>> {
  throw new Error("soon");
}
export async function readAccount(_c: VerbContext, _id: string): Promise<VerbResult<AccountView>> {
  throw new Error("soon");
}
export async function updateAccount(_c: VerbContext, _id: string, _i: UpdateAccount): Promise<VerbResult<AccountView>> {
  throw new Error("soon");
}
export async function deleteAccount(_c: VerbContext, _id: string): Promise<VerbResult<{ id: string; deleted: true }>> {
  throw new Error("soon");
}
