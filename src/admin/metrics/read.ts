/**
 * What `/metrics` tells, read from D1 and from the gates in use. A scrape costs an object request for each of these gates and a written
 * row of D1 if counters have grown. It reads the sums of the last hour or two, the accounts and the keys' figures.
 */
import { desc, isNull } from "drizzle-orm";
import { VERSION } from "../../ground/version.ts";
import { cronStatus } from "../../jobs/cron-status.ts";
import { feedStatus } from "../../jobs/price-refresh.ts";
import { kindOf } from "../../providers/kinds.ts";
import { apiKeys, keyFigures } from "../../store/schema.ts";
import { listAccounts } from "../accounts/verbs.ts";
import type { VerbContext } from "../api/context.ts";
import { askGates } from "../health/gates.ts";
import { selectKeysWithFigures } from "../keys/records.ts";
import { standingsFlushed } from "../keys/standing.ts";
import { readMeter } from "../overview/meter.ts";
import { readCounters } from "./counters.ts";
import { expose } from "./exposition.ts";
import { familiesOf } from "./families.ts";

const MOST_ACCOUNTS = 200;
const MOST_KEYS = 200;

/** In Prometheus' text format. */
export async function readMetrics(context: VerbContext): Promise<string> {
  const { env, now } = context;
  const listed = await listAccounts(context, { limit: MOST_ACCOUNTS });
  const accounts = listed.ok ? listed.value.items : [];
  const renewing = accounts.filter(({ platform, kind }) => kindOf(platform, kind)?.oauth).length;
  const [counters, keys, gates, meter, cron, feed] = await Promise.all([
    readCounters(env, now),
    keysUsedLast(env),
    askGates(env, now),
    readMeter(env, renewing, now),
    cronStatus(env),
    feedStatus(env),
  ]);
  const standings = standingsFlushed(env, keys, now);
  return expose(
    familiesOf({
      version: VERSION,
      counters,
      accounts,
      keys: keys.flatMap(({ row: { id, name } }, at) => {
        const standing = standings[at];
        return standing ? [{ id, name, standing }] : [];
      }),
      gates,
      meter,
      cronAt: cron?.at ?? null,
      feed,
    }),
  );
}

async function keysUsedLast(env: Env) {
  return selectKeysWithFigures(env)
    .where(isNull(apiKeys.deletedAt))
    .orderBy(desc(keyFigures.lastUsedAt), desc(apiKeys.id))
    .limit(MOST_KEYS);
}
