/** Accounts as the console reads them. */
import type { Account } from "../../admin/src/pages/accounts/accounts.ts";
import { ACCOUNT_FIELDS } from "../../src/admin/accounts/fields.ts";
import { recordView } from "../../src/admin/accounts/views.ts";
import { freshOf } from "../../src/admin/api/fields.ts";
import type { Platform } from "../../src/vocabulary.ts";

const MADE = Date.parse("2026-11-21T12:00:00Z");

/** An account as the relay answers it, with nothing set but its name. */
export function account(platform: string, kind: string, set: Partial<Account> = {}): Account {
  const row = {
    ...{ id: "acc_1", platform: platform as Platform, kind, baseUrl: "https://api.example.com" },
    ...{ ...freshOf(ACCOUNT_FIELDS), name: "team", createdAt: MADE, updatedAt: MADE },
  };
  return {
    ...recordView(row, [], []),
    ...{ status: "ok", status_condition: null, status_reason: null, status_until: null, last_error: null },
    ...{ last_test: null, last_answered_at: null, temporary_states: [], provider_quota: null },
    unsupported_parameters: [],
    ...set,
  };
}
