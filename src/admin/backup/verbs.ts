/** Backing up and restoring, step by step. The command line keeps the file and the passphrase; the relay sees neither. */

import { hasPart, KEYS_A_PAGE, PARTS, type PartName, SECRETS_A_PAGE, SIGN_INS_A_PAGE } from "../../backup/parts.ts";
import { readPart } from "../../backup/read.ts";
import { schemaNumber } from "../../backup/schema-number.ts";
import { type GivenRows, type WriteFault, writePart } from "../../backup/write.ts";
import { fromBase64url } from "../../ground/base64url.ts";
import { forgetDayCosts } from "../../store/day-costs.ts";
import { forgetPrices } from "../../store/prices.ts";
import { forgetSnapshot } from "../../store/snapshot.ts";
import { fingerprintOf } from "../../vault/credentials.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { type AdminRefusal, invalid } from "../api/refusal.ts";
import { raiseSnapshotVersion } from "../api/snapshot-version.ts";
import { isoTime } from "../api/values.ts";
import { auditAct } from "../audit/record.ts";
import { confirmPassword } from "../sessions/confirm.ts";
import { PERMIT_SECONDS, type Permit, signPermit, verifyPermit } from "./permit.ts";
import { rowProblem } from "./rules.ts";
import type { PageInput, PermitInput, PermitView, RowsInput, RowsView } from "./schema.ts";

/** Given for the password. A session alone is not enough for this. */
export async function givePermit(context: VerbContext, input: PermitInput): Promise<VerbResult<PermitView>> {
  const permit: Permit =
    input.purpose === "backup"
      ? { purpose: "backup", publicKey: input.public_key, with: input.with }
      : { purpose: "restore", publicKey: "", with: [] };
  const isBackup = permit.purpose === "backup";
  const confirmed = await confirmPassword(context, input.password, {
    action: isBackup ? "backup.begin" : "restore.begin",
    // Tells who can open it: the same recipient always has the same fingerprint.
    target: isBackup ? await fingerprintOf(permit.publicKey) : "",
    detail: isBackup ? { with: permit.with } : {},
  });
  if (!confirmed.ok) return confirmed;
  return {
    ok: true,
    value: {
      permit: await signPermit(context, permit),
      expires_at: isoTime(context.now + PERMIT_SECONDS * 1_000),
      schema: await schemaNumber(context.env.DB),
      parts: isBackup ? PARTS.filter((part) => hasPart(permit.with, part)) : [...PARTS],
    },
  };
}

/** JSON of a `PageView`. */
export async function readBackupPage(context: VerbContext, input: PageInput): Promise<VerbResult<string>> {
  const { part, cursor } = input;
  const permit = await verifyPermit(context, input.permit, "backup");
  if (!permit) return NOT_PERMITTED;
  if (!hasPart(permit.with, part)) {
    return { ok: false, refusal: invalid({ field: "part", message: "was not asked for with the permit" }) };
  }
  if (!isPoint(permit.publicKey)) return NOT_PERMITTED;
  const read = await readPart(part, { env: context.env, publicKey: permit.publicKey, after: cursor ?? null });
  if (!read.ok) return { ok: false, refusal: UNREACHABLE[read.refusal] };
  const { json, next } = read.value;
  return { ok: true, value: `{"page":${json},"next_cursor":${JSON.stringify(next)}}` };
}

/** The most rows of a call for parts of which each row asks an object or seals a secret. */
const MOST_ROWS: Partial<Record<PartName, number>> = {
  api_keys: KEYS_A_PAGE,
  sign_ins: SIGN_INS_A_PAGE,
  credentials: SECRETS_A_PAGE,
  egress_headers: SECRETS_A_PAGE,
  key_secrets: SECRETS_A_PAGE,
  alert_channels: SECRETS_A_PAGE,
};

/** Parts that isolates cache until `snapshot_version` changes. */
const IN_SNAPSHOT: ReadonlySet<PartName> = new Set<PartName>([
  "settings",
  "accounts",
  "egress_headers",
  "credentials",
  "sign_ins",
  "account_groups",
  "group_members",
  "model_aliases",
]);

export async function restoreRows(context: VerbContext, input: RowsInput): Promise<VerbResult<RowsView>> {
  const { part, columns, rows, secrets, dry_run: dryRun } = input;
  const { env, now } = context;
  if (!(await verifyPermit(context, input.permit, "restore"))) return NOT_PERMITTED;
  const most = MOST_ROWS[part] ?? rows.length;
  if (rows.length > most) {
    return {
      ok: false,
      refusal: invalid({ field: "rows", message: `at most ${most}`, code: "too_many", limit: most }),
    };
  }
  const given: GivenRows = { part, columns, rows, secrets, dryRun };
  const problem = await rowProblem(env, given);
  if (problem !== null) return { ok: false, refusal: invalid({ field: "rows", message: problem }) };
  const written = await writePart(env, given, now);
  if (!written.ok) return { ok: false, refusal: refusalOf(written.refusal) };
  if (dryRun || rows.length === 0) return written;
  const { made } = written.value;
  // Even if all rows exist already: a step that died after its rows is repeated, and no isolate knows of them yet.
  if (IN_SNAPSHOT.has(part)) {
    await raiseSnapshotVersion(env);
    forgetSnapshot();
  }
  if (part === "price_overrides") forgetPrices();
  if (part === "usage_hourly" || part === "usage_daily") await forgetDayCosts(env).run();
  if (made > 0) await auditAct(context, { action: "restore.rows", target: part, detail: { made } });
  return written;
}

const NOT_PERMITTED = {
  ok: false,
  refusal: { reason: "access_denied", message: "The permit is not good here; POST /admin/backup/permits gives one" },
} as const;

const UNREACHABLE = {
  gate_unreachable: { reason: "gate_unreachable", message: "A key's gate did not answer; ask for the page again" },
  keeper_unreachable: { reason: "keeper_unreachable", message: "An account's Keeper did not answer; ask again" },
} as const satisfies Record<string, AdminRefusal>;

function refusalOf(fault: WriteFault): AdminRefusal {
  if (fault.fault === "unreadable") return invalid({ field: "rows", message: fault.why });
  return UNREACHABLE[fault.fault];
}

/** A box can be made only for a valid key. */
function isPoint(publicKey: string): boolean {
  return fromBase64url(publicKey).length === 32;
}
