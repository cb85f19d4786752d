/**
 * What the gates in use report: requests in flight, and booked requests that D1 does not have yet. No list says which gates have any, so
 * a bounded number is asked: those that this isolate served last, and those of the log's last minutes.
 */
import { admittedLast, sendPendingSettlements } from "../../gate/pending-settlements.ts";
import type { Report } from "../../gate/rpc.ts";
import { MINUTE_MS } from "../../ground/durations.ts";
import { allowanceUsedUp } from "../../ground/free-plan.ts";
import { firstIdAt } from "../../ground/record-id.ts";
import { keysByIds } from "../keys/records.ts";

/** Each is an object request. */
const MOST_GATES = 20;
const IN_USE_MS = 15 * MINUTE_MS;
const NEWEST_ROWS = 200;

export interface Gates {
  asked: number;
  unreachable: number;
  inFlight: number;
  /** Booked requests that are not in D1 yet. */
  waiting: number;
  /** Booked requests that D1 has refused because of their content. */
  quarantined: number;
  /** How many gates have failed in their last write to D1. */
  failing: number;
  /** Whether one did not answer because the day's allowance of object requests is used up. */
  usedUp: boolean;
}

export async function askGates(env: Env, now: number): Promise<Gates> {
  const ids = await keysInUse(env, now);
  const answers = await Promise.allSettled(ids.map((id) => reportOf(env, id)));
  const known = answers.flatMap((answer) => (answer.status === "fulfilled" && answer.value ? [answer.value] : []));
  const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
  const sum = (of: (report: (typeof known)[number]) => number) => known.reduce((total, each) => total + of(each), 0);
  return {
    asked: ids.length,
    unreachable: reasons.length,
    inFlight: sum(({ leases }) => leases.length),
    waiting: sum(({ unflushed }) => unflushed),
    quarantined: sum(({ quarantined }) => quarantined),
    failing: known.filter(({ failedFlushes }) => failedFlushes > 0).length,
    usedUp: reasons.some((reason) => allowanceUsedUp(reason) === "objects"),
  };
}

/** Null: the gate knows no key. */
async function reportOf(env: Env, id: string): Promise<Report | null> {
  await sendPendingSettlements(env, id);
  return env.GATE.getByName(id).report(id);
}

/** If D1 does not answer, those that this isolate knows. Their gates hold what D1 does not accept. */
async function keysInUse(env: Env, now: number): Promise<string[]> {
  const here = admittedLast(MOST_GATES);
  try {
    const { results } = await env.DB.prepare(
      `SELECT DISTINCT key_id FROM (SELECT key_id FROM requests WHERE id >= ?1 ORDER BY id DESC LIMIT ${NEWEST_ROWS})`,
    )
      .bind(firstIdAt("req", now - IN_USE_MS))
      .all<{ key_id: string }>();
    const ids = [...new Set([...here, ...results.map(({ key_id }) => key_id)])].slice(0, MOST_GATES);
    // Asking the gate of an id that never existed would create an object for it.
    const keys = await keysByIds(env, ids);
    return keys.filter(({ deletedAt }) => deletedAt === null).map(({ id }) => id);
  } catch {
    return here;
  }
}
