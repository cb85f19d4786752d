/** One look at each thing that the relay depends on: it uses the thing instead of asking for its state. The caller catches errors. */
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import type { UsedUp } from "../../ground/free-plan.ts";
import { weakSecrets } from "../../ground/secrets.ts";
import { cronStatus } from "../../jobs/cron-status.ts";
import { feedStatus } from "../../jobs/price-refresh.ts";
import { scheduledBackupStatus } from "../../jobs/scheduled-backup.ts";
import { open, seal, sealingKeyIds } from "../../vault/seal.ts";
import { listAccounts } from "../accounts/verbs.ts";
import type { VerbContext } from "../api/context.ts";
import { isoTime } from "../api/values.ts";
import { askGates } from "./gates.ts";
import type { CheckName, CheckView, HealthView } from "./schema.ts";

/** The cron runs every hour. */
const CRON_LATE_MS = 3 * HOUR_MS;
/** The feed is read once a day. */
const FEED_LATE_MS = 3 * DAY_MS;
/** A backup is made every day. After this time a stuck one would have been begun anew. */
const BACKUP_LATE_MS = 3 * DAY_MS;
const MOST_ACCOUNTS = 200;

/** What was found, and what else was learnt on the way. */
export interface Look {
  status: CheckView["status"];
  detail: string | null;
  facts?: Partial<Pick<HealthView, "ledger" | "cron" | "price_feed" | "backup">>;
  /** The service whose allowance of today is used up. */
  usedUp?: UsedUp;
}

export const USED_UP = "What the free plan allows in a day is used up.";

const FINE: Look = { status: "ok", detail: null };
const warn = (detail: string): Look => ({ status: "warn", detail });
const failed = (detail: string): Look => ({ status: "failed", detail });

export const LOOKS: Readonly<Record<CheckName, (context: VerbContext) => Promise<Look>>> = {
  async secrets({ env }) {
    const weak = weakSecrets(env);
    return weak.length === 0 ? FINE : failed(`${weak.join("; ")}.`);
  },

  async d1_reads({ env }) {
    await env.DB.prepare("SELECT value FROM settings WHERE name = 'snapshot_version'").first();
    return FINE;
  },

  async d1_writes({ env }) {
    await env.DB.prepare("UPDATE settings SET value = value WHERE name = 'snapshot_version'").run();
    return FINE;
  },

  async kv({ env }) {
    await env.KV.get("health");
    return FINE;
  },

  async gates({ env, now }) {
    const { asked, unreachable, inFlight, waiting, quarantined, failing, usedUp } = await askGates(env, now);
    const facts = {
      ledger: { waiting, quarantined, in_flight: inFlight, gates_asked: asked, gates_unreachable: unreachable },
    };
    if (usedUp) return { ...failed(USED_UP), facts, usedUp: "objects" };
    if (unreachable > 0) return { ...failed(`${unreachable} of ${asked} gates in use did not answer.`), facts };
    if (failing > 0)
      return { ...warn(`${failing} of ${asked} gates in use could not write to D1; ${waiting} requests wait.`), facts };
    if (quarantined > 0)
      return { ...warn(`D1 has refused ${quarantined} requests for their own sake; the log names them.`), facts };
    return { ...FINE, facts };
  },

  /** Seals and opens with the current key, and checks whether every credential is under a key of the ring. */
  async vault({ env }) {
    const place = { table: "health", row: "vault", destination: "", acceptsV1: false };
    if ((await open(await seal("sealed", place, env.ENCRYPTION_KEY), place, env.ENCRYPTION_KEY)) !== "sealed")
      return failed("What was sealed does not open.");
    const known = await sealingKeyIds(env.ENCRYPTION_KEY);
    const unknown = await env.DB.prepare(
      `SELECT count(*) AS credentials FROM credentials WHERE substr(sealed, 4, instr(substr(sealed, 4), '.') - 1)
         NOT IN (SELECT value FROM json_each(?1))`,
    )
      .bind(JSON.stringify(known))
      .first<number>("credentials");
    return unknown ? failed(`${unknown} credentials are sealed under an ENCRYPTION_KEY that is not configured.`) : FINE;
  },

  async accounts(context) {
    const listed = await listAccounts(context, { limit: MOST_ACCOUNTS });
    if (!listed.ok) return failed(listed.refusal.message);
    const wanted = listed.value.items.filter(({ status }) => status !== "paused");
    const good = wanted.filter(({ status }) => status === "ok" || status === "untested");
    if (wanted.length === 0) return warn("There is no account to relay with.");
    if (good.length === 0) return failed("None of the accounts can serve at the moment.");
    return good.length === wanted.length ? FINE : warn(`${good.length} of ${wanted.length} accounts can serve.`);
  },

  async prices({ env, now }) {
    const last = await feedStatus(env);
    const facts = { price_feed: last && { at: last.at, ok: last.ok } };
    if (last && !last.ok) return { ...warn(`The price feed was refused: ${last.problems.join(" ")}`), facts };
    if (last && now - Date.parse(last.at) > FEED_LATE_MS)
      return { ...warn(`The price feed was read last at ${last.at}.`), facts };
    return { ...FINE, facts };
  },

  async cron({ env, now }) {
    const last = await cronStatus(env);
    if (!last) return warn("The cron has not run yet.");
    const at = isoTime(last.at);
    const facts = { cron: { last_run_at: at, ms: last.ms, failed_jobs: last.failed } };
    if (now - last.at > CRON_LATE_MS) return { ...warn(`The cron ran last at ${at}.`), facts };
    if (last.failed.length > 0) return { ...warn(`In its last run failed: ${last.failed.join(", ")}.`), facts };
    return { ...FINE, facts };
  },

  async backup({ env, now }) {
    const status = await scheduledBackupStatus(env);
    if (!status) return FINE;
    const { last, underWaySince, failure } = status;
    const backup: HealthView["backup"] = {
      last: last && { name: last.name, ended_at: isoTime(last.endedAt), bytes: last.bytes },
      under_way_since: underWaySince === null ? null : isoTime(underWaySince),
      failure: failure && { at: isoTime(failure.at), why: failure.why },
    };
    const facts = { backup };
    if (failure) return { ...warn(`Its last step failed: ${failure.why}`), facts };
    if (last && now - last.endedAt > BACKUP_LATE_MS)
      return { ...warn(`The last one ended at ${isoTime(last.endedAt)}.`), facts };
    return { ...FINE, facts };
  },
};
