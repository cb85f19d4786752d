/**
 * Asks for the password again where a session alone is not enough: with a session that somebody has found or stolen, they cannot take the
 * relay's secrets. Wrong passwords are slowed down and counted as at sign-in, separately for each session.
 */
import { networkOf } from "../../ground/addresses.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import type { AuditEntry } from "../audit/record.ts";
import { attemptBecame, beginAttempt } from "./attempts.ts";
import { sameText } from "./same-text.ts";

/** `does`: the audit row for what is done once the password is right. */
export async function confirmPassword(
  context: VerbContext,
  password: string,
  does: AuditEntry,
): Promise<VerbResult<null>> {
  const { env, actor } = context;
  const { success } = await env.LOGIN_LIMIT.limit({ key: `login:${networkOf(actor.address)}` });
  if (!success) {
    return { ok: false, refusal: { reason: "too_many_logins", message: "Too many sign-ins; try again in a minute" } };
  }
  const attempt = await beginAttempt(context, `session:${actor.session}`);
  if (attempt === null) {
    const message = "The password was wrong too often within an hour; try again later";
    return { ok: false, refusal: { reason: "too_many_failures", message } };
  }
  if (!(await sameText(password, env.ADMIN_PASSWORD))) {
    return { ok: false, refusal: invalid({ field: "password", message: "is wrong" }) };
  }
  await attemptBecame(context, attempt, does);
  return { ok: true, value: null };
}
