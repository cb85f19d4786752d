/**
 * Requests in flight, as the gates report them. No list says which keys have any, so a bounded number of gates is asked: those that this
 * isolate served last, and those of the newest requests in the log.
 */
import { desc } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { admittedLast } from "../../gate/pending-settlements.ts";
import { requests } from "../../store/schema.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { isoTime } from "../api/values.ts";
import { reportOf } from "../keys/live.ts";
import { keysByIds } from "../keys/records.ts";
import type { InFlightView, ReadInFlight } from "./schema.ts";

/** Each is an object request. */
export const MOST_GATES_ASKED = 20;
const NEWEST_ROWS = 100;

export async function readInFlight({ env }: VerbContext, { key_id }: ReadInFlight): Promise<VerbResult<InFlightView>> {
  const candidates = key_id === undefined ? await keysInUse(env) : [key_id];
  // Only existing keys: asking the gate of an id that never existed would create an object for it.
  const keys = (await keysByIds(env, candidates.slice(0, MOST_GATES_ASKED))).filter(
    ({ deletedAt }) => deletedAt === null,
  );
  const asked = await Promise.all(keys.map(async (key) => ({ key, report: await reportOf(env, key.id) })));
  const items = asked.flatMap(({ key, report }) => {
    if (report === null || report === "unreachable") return [];
    return report.leases.map(({ id, request }) => ({
      id,
      key_id: key.id,
      key_name: key.name,
      time: request && isoTime(request.time),
      model: request?.model ?? null,
      client: request?.client ?? null,
      protocol: request?.protocol ?? null,
      stream: request?.stream ?? null,
    }));
  });
  items.sort((a, b) => (a.id < b.id ? 1 : -1));
  const unreachable = asked.filter(({ report }) => report === "unreachable").length;
  return { ok: true, value: { items, keys_asked: keys.length, keys_unreachable: unreachable } };
}

async function keysInUse(env: Env): Promise<string[]> {
  const newest = drizzle(env.DB).select({ keyId: requests.keyId }).from(requests).orderBy(desc(requests.id));
  const logged = await newest.limit(NEWEST_ROWS);
  return [...new Set([...admittedLast(MOST_GATES_ASKED), ...logged.map(({ keyId }) => keyId)])];
}
