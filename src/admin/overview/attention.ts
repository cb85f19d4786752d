/** What needs attention: accounts, keys and prices, according to the code that decides about them. Bounded, worst first. */
import { feedStatus } from "../../jobs/price-refresh.ts";
import { WARNING_MS } from "../../vault/grant.ts";
import type { AccountView } from "../accounts/schema.ts";
import { SCAN_BUDGET } from "../api/paging.ts";
import { isoTime } from "../api/values.ts";
import type { AttentionView } from "./schema.ts";

const MOST_KEYS = 20;

/** How severe a status is. Statuses that are not listed need no attention. */
const SEVERITY = ["sign_in_needed", "disabled", "expired", "limited", "cooling_down"];

export async function readAttention(
  env: Env,
  accounts: readonly AccountView[],
  unpriced: number,
  now: number,
): Promise<AttentionView[]> {
  const [keys, feed] = await Promise.all([usedUpKeys(env, now), feedStatus(env)]);
  const down = accounts
    .filter(({ status }) => SEVERITY.includes(status))
    .sort((a, b) => SEVERITY.indexOf(a.status) - SEVERITY.indexOf(b.status));
  return [
    ...down.map(({ id, name, status, status_condition: condition, status_reason: reason, status_until: until }) => {
      return { kind: "account" as const, id, name, status, condition, reason, until };
    }),
    ...accounts.flatMap(({ id, name, status, last_test }): AttentionView[] =>
      status === "ok" && last_test?.ok === false
        ? [
            {
              kind: "account_test",
              id,
              name,
              condition: last_test.condition,
              reason: last_test.reason,
              at: last_test.time,
            },
          ]
        : [],
    ),
    ...accounts.flatMap(({ id, name, sign_in_ends_at: until }): AttentionView[] => {
      const leftMs = until === null ? Number.POSITIVE_INFINITY : Date.parse(until) - now;
      return until !== null && leftMs > 0 && leftMs <= WARNING_MS ? [{ kind: "sign_in_ends", id, name, until }] : [];
    }),
    ...keys,
    ...(unpriced > 0 ? [{ kind: "unpriced", requests: unpriced } as const] : []),
    ...(feed && !feed.ok ? [{ kind: "price_feed", at: feed.at, reasons: feed.problems } as const] : []),
  ];
}

/** The keys that were used up at their gates' last flush, under the policy that they still have. */
async function usedUpKeys(env: Env, now: number): Promise<AttentionView[]> {
  const { results } = await env.DB.prepare(
    `SELECT id, name, state, state_until AS until FROM (SELECT * FROM key_figures LIMIT ${SCAN_BUDGET}) AS figures
       JOIN api_keys ON api_keys.id = figures.key_id
     WHERE figures.state IN ('budget_used', 'window_full') AND coalesce(figures.state_until > ?1, 1)
       AND figures.policy_version = api_keys.updated_at AND api_keys.deleted_at IS NULL
     ORDER BY figures.last_used_at DESC LIMIT ${MOST_KEYS}`,
  )
    .bind(now)
    .all<{ id: string; name: string; state: string; until: number | null }>();
  return results.map(({ until, ...key }) => ({
    kind: "key" as const,
    ...key,
    until: until === null ? null : isoTime(until),
  }));
}
