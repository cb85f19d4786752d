/** Tells of accounts that go out of service or come back, by the status that the console shows. */

import type { AccountStandingView } from "../admin/accounts/schema.ts";
import { standingOf } from "../admin/accounts/standing.ts";
import type { AlertType } from "../alerts/alert.ts";
import { announce } from "../alerts/announce.ts";
import { conditionOf } from "../alerts/from-events.ts";
import { drop, type Episode, endOpen, openEpisodes } from "../alerts/outbox.ts";
import type { AlertSettings } from "../alerts/settings.ts";
import { log, type RelayEvent } from "../events.ts";
import { MINUTE_MS } from "../ground/durations.ts";
import type { Account } from "../pool/account.ts";
import type { Pool } from "../pool/pool.ts";
import { loadPool } from "../store/snapshot.ts";
import { WARNING_MS } from "../vault/grant.ts";

/** An account that is back sooner than this is not worth a message. A guessed cooldown grows to this length if fault follows fault. */
const LIMITED_FOR_MS = 10 * MINUTE_MS;
/** How many are told in one run; the rest are told five minutes later. */
const MOST_A_RUN = 5;

/** The gravest first. */
const TYPES = ["sign_in_needed", "account_disabled", "account_limited"] as const satisfies readonly AlertType[];
type Told = (typeof TYPES)[number];

export async function watchAccounts(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const [pool, open] = await Promise.all([loadPool(env, now), openEpisodes(env, TYPES)]);
  const standings = new Map(pool.accounts.map((account) => [account.id, standingIn(pool, account, now)]));
  const events: RelayEvent[] = [];
  const [over, gone]: [Episode[], Episode[]] = [[], []];
  const isOpen = (type: Told, id: string) => open.some((one) => one.type === type && one.subject === id);
  for (const [id, standing] of standings) {
    const event = eventOf(id, standing, now);
    if (event && !isOpen(event.event, id)) events.push(event);
  }
  for (const { type, subject } of TYPES.flatMap((type) => open.filter((one) => one.type === type))) {
    const standing = standings.get(subject);
    const told = standing && eventOf(subject, standing, now)?.event;
    if (told === type) continue;
    // A cooldown that is about to end is not yet a recovery, nor is a breaker.
    if (!told && (standing?.status === "limited" || standing?.status === "cooling_down")) continue;
    const isBack = standing?.status === "ok" || standing?.status === "untested";
    // An account that was told of under two types is back once.
    if (isBack && !over.some((one) => one.subject === subject)) over.push({ type, subject });
    else gone.push({ type, subject });
  }
  await drop(env, gone);
  // Recoveries come first, so that none waits for ever behind what is new in each run.
  const ended = over.slice(0, MOST_A_RUN);
  for (const { type, subject } of ended) {
    if ((await endOpen(env, type, subject, now)) !== null) log({ event: "account_recovered", account: subject });
  }
  for (const event of events.slice(0, MOST_A_RUN - ended.length)) await announce(env, event, settings, now);
}

export function standingIn(pool: Pick<Pool, "health">, account: Account, now: number): AccountStandingView {
  const { schedulable, expiresAt, platform, kind } = account;
  const keys = account.apiKeys.map(({ id, position }) => ({ id, position, hint: "" }));
  const row = { schedulable, expiresAt, platform, kind: kind.name };
  return standingOf(row, { health: pool.health.get(account.id), keys, answeredAt: null }, now);
}

function eventOf(
  account: string,
  { status, status_condition: condition, status_until: until }: AccountStandingView,
  now: number,
): (RelayEvent & { event: Told }) | null {
  if (status === "sign_in_needed") return { event: "sign_in_needed", account, reason: condition ?? "reauth_required" };
  if (status === "disabled") return { event: "account_disabled", account, condition };
  const isLong = until === null || Date.parse(until) - now >= LIMITED_FOR_MS;
  const isOut = status === "limited" || status === "cooling_down";
  return isOut && isLong ? { event: "account_limited", account, condition, until } : null;
}

/** Tells of sign-ins that cannot be renewed and end within the next two weeks. */
export async function watchSignIns(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const ending = env.DB.prepare(
    "SELECT account_id AS account, ends_at AS at FROM credentials WHERE ends_at > ?1 AND ends_at <= ?2 LIMIT 200",
  ).bind(now, now + WARNING_MS);
  const [{ results }, open] = await Promise.all([
    ending.all<{ account: string; at: number }>(),
    openEpisodes(env, ["sign_in_ends"]),
  ]);
  const events = results.map(({ account, at }) => {
    return { event: "sign_in_ends_soon", account, ends: new Date(at).toISOString() } as const;
  });
  const news = events.filter((event) => !open.some(({ subject }) => subject === conditionOf(event, now)?.subject));
  for (const event of news.slice(0, MOST_A_RUN)) await announce(env, event, settings, now);
}
