/**
 * Finds the project in which a signed-in account makes its requests. The account's Keeper does it while the operator waits, so that a
 * problem is reported to somebody who can solve it.
 */
import { record } from "../../events.ts";
import { callKeeper } from "../../pool/call-keeper.ts";
import type { Kind } from "../../providers/kind.ts";
import type { ProjectOutcome, ProjectRefusal } from "../../providers/oauth/code-assist.ts";
import type { Leaving } from "../../vault/exit.ts";
import type { VerbResult } from "../api/context.ts";
import { type AdminRefusal, invalid } from "../api/refusal.ts";
import { egressHeadersOf } from "./egress.ts";

const PAUSES_MS = [0, 250];

/**
 * The project for the sign-in `grantId`. Asks nothing for a kind without projects. `projectId`: the one that the operator has named, or
 * "". `headers`: what the account's gateway or binding requires, if that differs from what is stored.
 */
export async function findProject(
  env: Env,
  account: Omit<Leaving, "egressHeaders"> & { kind: Kind; projectId: string },
  grantId: string,
  headers: { sealed: string } | null | "stored",
): Promise<VerbResult<null>> {
  if (!account.kind.oauth?.project) return { ok: true, value: null };
  const named = account.projectId === "" ? null : account.projectId;
  try {
    const sealed = headers === "stored" ? await egressHeadersOf(env, account.id) : headers?.sealed;
    const { id, baseUrl, egress } = account;
    const wanted = { named, leaving: { id, baseUrl, egress, egressHeaders: sealed ?? null } };
    const found = await callKeeper<ProjectOutcome>(env, account.id, PAUSES_MS, async (keeper) =>
      keeper.findProject(grantId, wanted),
    );
    return found.ok ? { ok: true, value: null } : { ok: false, refusal: refusalOf(found.refusal) };
  } catch (error) {
    record({ event: "keeper_unreachable", account: account.id, error });
    const message = "The account's Keeper did not say in which project requests are made; try again";
    return { ok: false, refusal: { reason: "keeper_unreachable", message } };
  }
}

/** The refusal, for an account that has got its new sign-in all the same. */
export function withoutProject(refusal: AdminRefusal): AdminRefusal {
  const message = `${refusal.message}. The account has the new sign-in, and serves once there is a project`;
  return { ...refusal, message };
}

function refusalOf(refusal: ProjectRefusal): AdminRefusal {
  switch (refusal.why) {
    case "unnamed": {
      const tier = refusal.tier === null ? "" : ` (its tier is ${refusal.tier})`;
      return invalid({ field: "project_id", message: `is required: Google names no project for this account${tier}` });
    }
    case "ineligible": {
      const { reasons, validationUrl } = refusal;
      const then = validationUrl === null ? "" : `; verify it at ${validationUrl} and sign in again`;
      return failed(`Google does not let this account in: ${reasons.join("; ") || "it does not say why"}${then}`);
    }
    case "refused": {
      const { status, reason, message } = refusal;
      const code = [String(status), ...(reason === "" ? [] : [reason])].join(", ");
      return failed(`Google refused to set the account up (${code})${message === "" ? "" : `: ${message}`}`);
    }
    case "unanswered":
      return failed(`Google did not say in which project requests are made (status ${refusal.status}): try again`);
    case "unfinished":
      return failed("Google is still setting the account up: try again in a few minutes");
    case "no_way":
      return invalid({ field: "egress", message: refusal.message });
    case "no_token":
      return failed(`Google gave no access token for this sign-in: ${refusal.ended ? "sign in" : "try"} again`);
  }
}

function failed(message: string): AdminRefusal {
  return { reason: "provider_failed", message };
}
