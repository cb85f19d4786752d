/**
 * The health of the relay, check by check: one that fails does not keep the others from being reported. Costs one written row of D1, and
 * an object request for each gate in use.
 */
import { allowanceResetAt, allowanceUsedUp } from "../../ground/free-plan.ts";
import { within } from "../../ground/within.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { isoTime } from "../api/values.ts";
import { LOOKS, type Look, USED_UP } from "./looks.ts";
import { CHECKS, type CheckView, type HealthView } from "./schema.ts";

/** A check without an answer by then has failed. */
const PATIENCE_MS = 10_000;
const NEWEST_ROWS = 50;
const WORST_FIRST = ["failed", "warn", "ok"] as const;

export async function readHealth(context: VerbContext): Promise<VerbResult<HealthView>> {
  const [flushedAt, ...found] = await Promise.all([
    lastFlush(context.env),
    ...CHECKS.map(async (name): Promise<Pick<Look, "facts" | "usedUp"> & { check: CheckView }> => {
      const began = Date.now();
      const { status, detail, ...more } = await looked(LOOKS[name](context));
      return { check: { name, status, detail, ms: Date.now() - began }, ...more };
    }),
  ]);
  const checks = found.map(({ check }) => check);
  const usedUp = new Set(found.flatMap((one) => one.usedUp ?? []));
  const until = isoTime(allowanceResetAt(context.now));
  return {
    ok: true,
    value: {
      status: WORST_FIRST.find((status) => checks.some((check) => check.status === status)) ?? "ok",
      checks,
      used_up: [...usedUp].map((of) => ({ of, until })),
      ledger: null,
      last_flush_at: flushedAt,
      cron: null,
      price_feed: null,
      backup: null,
      ...Object.assign({}, ...found.map(({ facts }) => facts)),
    },
  };
}

async function looked(look: Promise<Look>): Promise<Look> {
  try {
    return await inTime(look, { status: "failed", detail: "There was no answer within ten seconds." });
  } catch (error) {
    const usedUp = allowanceUsedUp(error);
    if (usedUp) return { status: "failed", detail: USED_UP, usedUp };
    const why = error instanceof Error ? error.message : String(error);
    return { status: "failed", detail: `It failed: ${why.slice(0, 200)}` };
  }
}

async function inTime<Value>(work: Promise<Value>, otherwise: Value): Promise<Value> {
  let value = otherwise;
  await within(
    PATIENCE_MS,
    work.then((found) => {
      value = found;
    }),
  );
  return value;
}

/** The keys of the log's newest rows, which came by a flush. To read the figures of all keys would cost a row for each of them. */
async function lastFlush(env: Env): Promise<string | null> {
  try {
    const asked = env.DB.prepare(
      `SELECT max(said_at) AS at FROM key_figures
         WHERE key_id IN (SELECT key_id FROM requests ORDER BY id DESC LIMIT ${NEWEST_ROWS})`,
    ).first<number>("at");
    const at = await inTime(asked, null);
    return at ? isoTime(at) : null;
  } catch {
    return null;
  }
}
