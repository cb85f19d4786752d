/**
 * Which accounts may serve a request, best first. Pure: the accounts and the key's binding in, an order out.
 */
import type { Admission } from "../gate/gate.ts";
import type { Account } from "../store/snapshot.ts";
import type { Platform } from "../vocabulary.ts";

/** Eligible accounts in the order in which they should be tried; empty when there is none. */
export function rankAccounts(accounts: readonly Account[], platform: Platform, admission: Admission): Account[] {
  return accounts
    .filter((account) => account.platform === platform && account.schedulable && account.apiKeys.length > 0)
    .filter((account) => admission.boundAccountId === null || account.id === admission.boundAccountId)
    .sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1));
}

/** The name under which an account knows a model. */
export function upstreamModel(account: Account, model: string): string {
  return account.modelMapping[model] ?? model;
}
