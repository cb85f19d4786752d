/** What one key has used, by day and by model. One reading gives both, which for a busy key is about ten thousand rows of D1. */
import { flushRecentlySettled } from "../../gate/recently-settled.ts";
import { offsetMs } from "../../store/days.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { invalid } from "../api/refusal.ts";
import { keyQueryOf, MOST_SUMS, type UsageRow } from "./query.ts";
import type { ReadUsageOfKey, UsageOfKey } from "./schema.ts";
import { bucketName, rangeOf, rangeProblem, sumsOf, TOO_MANY_SUMS } from "./verbs.ts";

/** Only the most expensive: others hardly matter, and the holder of the key may make up names. */
const MOST_MODELS = 20;

export async function readUsageOfKey(
  { env, now }: VerbContext,
  { key_id: keyId, ...range }: ReadUsageOfKey,
): Promise<VerbResult<UsageOfKey>> {
  const offset = offsetMs(env);
  const { from, to } = rangeOf(range, ["day"], now, offset);
  const problem = rangeProblem(from, to, ["day"]);
  if (problem) return { ok: false, refusal: invalid(problem) };
  await flushRecentlySettled(env);
  const { sql, values } = keyQueryOf({ from, to, offsetMs: offset, keyId, mostModels: MOST_MODELS });
  const { results } = await env.DB.prepare(sql)
    .bind(...values)
    .all<UsageRow>();
  const [totals, ...rows] = results;
  if (!totals) throw new Error("The totals of usage are missing");
  if ((totals.read ?? 0) > MOST_SUMS) return { ok: false, refusal: invalid(TOO_MANY_SUMS) };
  return {
    ok: true,
    value: {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      totals: sumsOf(totals),
      days: rows.flatMap((row) =>
        row.group_1 === null ? [] : [{ day: bucketName("day", Number(row.group_1)), ...sumsOf(row) }],
      ),
      models: rows.flatMap((row) => (row.group_2 === null ? [] : [{ model: String(row.group_2), ...sumsOf(row) }])),
    },
  };
}
