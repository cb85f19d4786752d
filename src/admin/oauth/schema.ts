/** The shape of sign-ins to providers in the API. Tokens, codes and verifiers are never returned. */
import * as z from "zod/mini";
import { textOf } from "../../ground/shape.ts";
import type { AccountView } from "../accounts/schema.ts";
import { signedInFields } from "../accounts/schema.ts";

export const flowParam = z.object({ flow: textOf(0, 50) });

export const startBody = z.strictObject({});

export const finishBody = z.strictObject({
  ...signedInFields,
  flow_id: textOf(0, 100),
  /** For a sign-in with a code: the pasted code, or `code#state`. A whole callback URL is understood too. */
  code: z.optional(textOf(1, 8_192)),
  callback_url: z.optional(textOf(1, 8_192)),
  /** Signs in again for this account, instead of creating one. */
  account_id: z.optional(textOf(1, 100)),
});

export type FinishInput = z.output<typeof finishBody>;

/** What to do next: open `authorize_url`, or enter `user_code` at `verification_url`. */
export interface StartedView {
  flow_id: string;
  expires_at: string;
  /** What the provider's terms say. `finish` requires `terms_acknowledged: true`. */
  terms: string;
  authorize_url: string | null;
  verification_url: string | null;
  user_code: string | null;
  /** How often `finish` may be called to ask whether the code was entered; null if a code is pasted. */
  interval_seconds: number | null;
}

/** `pending`: the code was not entered yet; ask again. */
export type FinishedView = { status: "pending"; interval_seconds: number } | { status: "done"; account: AccountView };
