/**
 * The health of one account: what a fault puts into cooldown, for how long, and how it recovers. Pure and
 * JSON-serialisable; whoever stores it must make sure that there is one writer. It decides neither which account is
 * tried next nor whose fault a failure was (src/providers/faults.ts).
 *
 * Two mechanisms are kept apart. A credential fault puts what it is about (a key, a model family of a key, the account) into
 * cooldown, until a known moment or for a growing guess; when that time is over, so is the fault. An upstream fault counts
 * towards a circuit breaker; an open breaker needs one successful probe before it lets all requests through.
 */
import { MINUTE_MS } from "../ground/durations.ts";
import type { Fault } from "../providers/faults.ts";
import { afterReading, type ProviderQuota, type QuotaReading } from "../providers/quota/windows.ts";
import { type Cooldown, decayed, isActive, isForgotten, openBreaker, startCooldown } from "./cooldown.ts";

/** The names of these fields, and of those of `AccountHealth`, are stored: so the cooldown is still called `parked`. */
export interface KeyHealth {
  parked: Cooldown | null;
  /** A fault that only an administrator or a success ends. */
  disabled: string | null;
  /** It ran out of money. */
  outOfQuota: boolean;
  /** It is tried after all other keys, because one of them has served while it was out of quota. False again once it has served. */
  last: boolean;
  /** The cooldowns of model families. Per key, because the keys of one account may belong to different projects. */
  families: Record<string, Cooldown>;
}

export interface AccountHealth {
  /** The cooldown of the whole account, from a limit of the account or from the breaker. */
  parked: Cooldown | null;
  disabled: string | null;
  keys: Record<string, KeyHealth>;
  /** Upstream faults in a row, up to the number that opens the breaker. */
  failures: number;
  failedAt: number;
  /** The breaker has opened: one request must succeed before the account is used freely again. */
  probing: boolean;
  probeStartedAt: number | null;
  lastError: { at: number; status: number; condition: string } | null;
  /** How much of its limits at the provider is used. */
  quota: ProviderQuota | null;
  /** What the last check of the account has shown; missing in health that was stored before there were checks. */
  lastTest?: AccountTest | null;
}

/** A check of an account (src/account-check). */
export interface AccountTest {
  at: number;
  /** Every key that was checked works. */
  ok: boolean;
  /** What was wrong with the first key that does not work; null if all work. */
  condition: string | null;
}

/** The health of an account of which nothing is known, and what an administrator's reset leaves. */
export const HEALTHY: AccountHealth = {
  parked: null,
  disabled: null,
  keys: {},
  failures: 0,
  failedAt: 0,
  probing: false,
  probeStartedAt: null,
  lastError: null,
  quota: null,
  lastTest: null,
};

const FAILURES_TO_OPEN = 3;
/** Failures further apart than this are not one outage. Timeouts may be further apart, because each takes its own time. */
const STREAK_GAP_MS = 60_000;
const STREAK_GAP_OF_TIMEOUTS_MS = 11 * MINUTE_MS;
/** A probe that is under way for longer counts as lost with its isolate. */
const PROBE_LEASE_MS = 2 * MINUTE_MS;
/** How far ahead an upstream fault may name its end: `Retry-After: 3600` on a maintenance page is only an intention. */
const LONGEST_UPSTREAM_MS = 15 * MINUTE_MS;
/** How often a fault without a cooldown is recorded: a key holder's typo must not cause a write with every request. */
const RECORD_EVERY_MS = 60_000;
const MOST_KEYS = 200;
const MOST_FAMILIES = 32;

const NEW_KEY: KeyHealth = { parked: null, disabled: null, outOfQuota: false, last: false, families: {} };

/**
 * The health after a fault of the try with `keyId`; the same object if nothing changes. `now` in milliseconds since the epoch.
 * A fault of the request changes nothing, except that a probe that ends in one has shown nothing, so the next request may probe.
 */
export function afterFault(health: AccountHealth, fault: Fault, keyId: string, now: number): AccountHealth {
  if (fault.class === "request") return probeEnded(health);
  const { condition, status } = fault;
  const recorded = { ...health, lastError: { at: now, status, condition } };
  if (fault.class === "upstream") return afterUpstreamFault(recorded, fault, now);
  if (fault.scope === "nobody") {
    const known = health.lastError;
    const repeated = known?.condition === condition && now - known.at < RECORD_EVERY_MS;
    return probeEnded(repeated ? health : recorded);
  }
  // An upstream that refuses is up, so an outage, if there was one, is over. But an open breaker stays open until its end.
  const up = isActive(health.parked, now)
    ? recorded
    : { ...recorded, failures: 0, probing: false, probeStartedAt: null };
  if (fault.scope === "account") {
    return fault.permanent
      ? { ...up, disabled: condition }
      : { ...up, parked: startCooldown(health.parked, fault.until, condition, now) };
  }
  const key = keyOf(health, keyId);
  return withKey(up, keyId, afterKeyFault(key, fault, now));
}

function afterKeyFault(key: KeyHealth, fault: Extract<Fault, { class: "credential" }>, now: number): KeyHealth {
  const { condition, until, permanent, scope } = fault;
  if (permanent) return { ...key, disabled: condition };
  if (typeof scope === "string") {
    const outOfQuota = key.outOfQuota || fault.outOfQuota;
    return { ...key, outOfQuota, parked: startCooldown(key.parked, until, condition, now) };
  }
  const known = own(key.families, scope.family) ?? null;
  const kept = Object.entries(key.families).filter(
    ([family, cooldown]) => family !== scope.family && !isForgotten(cooldown, now),
  );
  const families = bounded(kept, MOST_FAMILIES - 1, (cooldown) => cooldown.until);
  return { ...key, families: { ...families, [scope.family]: startCooldown(known, until, condition, now) } };
}

function afterUpstreamFault(
  health: AccountHealth,
  fault: Extract<Fault, { class: "upstream" }>,
  now: number,
): AccountHealth {
  const gap = fault.condition === "timed_out" ? STREAK_GAP_OF_TIMEOUTS_MS : STREAK_GAP_MS;
  const streak = now - health.failedAt <= gap ? health.failures + 1 : 1;
  const failed = { ...health, failures: Math.min(streak, FAILURES_TO_OPEN), failedAt: now };
  const probeFailed = health.probing && !isActive(health.parked, now);
  const opens = probeFailed || failed.failures >= FAILURES_TO_OPEN;
  const after = { ...failed, probing: health.probing || opens, probeStartedAt: null };
  if (fault.until !== null) {
    const until = Math.min(fault.until, now + LONGEST_UPSTREAM_MS);
    return { ...after, parked: startCooldown(health.parked, until, fault.condition, now) };
  }
  // Requests that were in flight when the breaker opened fail too, which is nothing new: `openBreaker` keeps an active cooldown.
  return opens ? { ...after, parked: openBreaker(health.parked, fault.condition, now) } : after;
}

/**
 * The health after an answer to the try with `keyId`; the same object for a healthy account, because a request that just works must
 * cost no write. A cooldown that still lasts is kept: the request that succeeded may have begun before the fault.
 */
export function afterSuccess(health: AccountHealth, keyId: string, now: number): AccountHealth {
  const keys = keysAfterSuccess(health.keys, keyId, now);
  const active = isActive(health.parked, now);
  const untroubled = keys === health.keys && health.disabled === null && health.failures === 0;
  if (untroubled && (active || (health.parked === null && !health.probing))) return health;
  const settled = { ...health, keys, disabled: null, failures: 0 };
  return active ? settled : { ...settled, parked: decayed(health.parked), probing: false, probeStartedAt: null };
}

function keysAfterSuccess(keys: AccountHealth["keys"], keyId: string, now: number): AccountHealth["keys"] {
  const entries = Object.entries(keys).map(([id, key]): [string, KeyHealth] => [
    id,
    id === keyId ? keyAfterSuccess(key, now) : key.outOfQuota && !key.last ? { ...key, last: true } : key,
  ]);
  return entries.every(([id, key]) => key === keys[id]) ? keys : Object.fromEntries(entries);
}

/** A key that has served is neither disabled nor out of quota. The cooldowns of its families end by themselves. */
function keyAfterSuccess(key: KeyHealth, now: number): KeyHealth {
  if (isActive(key.parked, now)) return key.disabled === null ? key : { ...key, disabled: null };
  const troubled = key.parked !== null || key.disabled !== null || key.outOfQuota;
  return troubled ? { ...NEW_KEY, families: key.families, parked: decayed(key.parked) } : key;
}

/** The health with what a response said about limits; the same object if it said nothing. */
export function withReading(health: AccountHealth, reading: QuotaReading | null, now: number): AccountHealth {
  return reading === null ? health : { ...health, quota: afterReading(health.quota, reading, now) };
}

/** The health while a probe is in flight: no other request is let through until it has ended, or is lost. */
export function probeStarted(health: AccountHealth, now: number): AccountHealth {
  return health.probing ? { ...health, probeStartedAt: now } : health;
}

/** The health after a probe that has shown nothing, for example because its client left. */
export function probeEnded(health: AccountHealth): AccountHealth {
  return health.probeStartedAt === null ? health : { ...health, probeStartedAt: null };
}

/**
 * Whether a request for a model of `family` (null: limits do not go by model) may be sent with one of `keyIds`, the
 * account's keys. `probe`: only one request may be sent, after `probeStarted`.
 */
export function isUsable(
  health: AccountHealth,
  family: string | null,
  now: number,
  keyIds: readonly string[],
): "yes" | "probe" | "no" {
  if (health.disabled !== null || isActive(health.parked, now)) return "no";
  if (!keyIds.some((id) => keyUsableFrom(health, id, family, now) === now)) return "no";
  if (!health.probing) return "yes";
  return probeLeaseEnd(health) > now ? "no" : "probe";
}

/** The keys that may serve, in the order in which to try them: as given, but keys that were out of quota while another served come last. */
export function usableKeys(
  health: AccountHealth,
  family: string | null,
  now: number,
  keyIds: readonly string[],
): string[] {
  const usable = keyIds.filter((id) => keyUsableFrom(health, id, family, now) === now);
  const isLast = (id: string) => own(health.keys, id)?.last === true;
  return [...usable.filter((id) => !isLast(id)), ...usable.filter(isLast)];
}

/** The earliest moment at which `isUsable` is not "no": `now` if it is not "no" now, null if waiting does not help. */
export function usableFrom(
  health: AccountHealth,
  family: string | null,
  now: number,
  keyIds: readonly string[],
): number | null {
  const ends = keyIds.map((id) => keyUsableFrom(health, id, family, now)).filter((end) => end !== null);
  if (health.disabled !== null || ends.length === 0) return null;
  const probe = health.probing ? probeLeaseEnd(health) : now;
  return Math.max(now, health.parked?.until ?? now, probe, Math.min(...ends));
}

/** Something that is in cooldown or disabled. `until` null: an administrator ends it. */
export interface TemporaryState {
  scope: "account" | "key" | "family";
  key: string | null;
  family: string | null;
  condition: string;
  until: number | null;
}

export function temporaryStates(health: AccountHealth, now: number): TemporaryState[] {
  const states = (scope: TemporaryState["scope"], key: string | null, family: string | null) => ({
    of: (cooldown: Cooldown | null, disabled: string | null): TemporaryState[] => {
      if (disabled !== null) return [{ scope, key, family, condition: disabled, until: null }];
      if (!cooldown || !isActive(cooldown, now)) return [];
      return [{ scope, key, family, condition: cooldown.condition, until: cooldown.until }];
    },
  });
  return [
    ...states("account", null, null).of(health.parked, health.disabled),
    ...Object.entries(health.keys).flatMap(([id, key]) => [
      ...states("key", id, null).of(key.parked, key.disabled),
      ...Object.entries(key.families).flatMap(([family, cooldown]) => states("family", id, family).of(cooldown, null)),
    ]),
  ];
}

/** When a key may serve the family again; null if it is disabled. */
function keyUsableFrom(health: AccountHealth, keyId: string, family: string | null, now: number): number | null {
  const key = own(health.keys, keyId);
  if (!key) return now;
  if (key.disabled !== null) return null;
  const familyEnd = family === null ? now : (own(key.families, family)?.until ?? now);
  return Math.max(now, key.parked?.until ?? now, familyEnd);
}

function probeLeaseEnd({ probeStartedAt }: AccountHealth): number {
  return probeStartedAt === null ? 0 : probeStartedAt + PROBE_LEASE_MS;
}

function keyOf(health: AccountHealth, keyId: string): KeyHealth {
  return own(health.keys, keyId) ?? NEW_KEY;
}

function withKey(health: AccountHealth, keyId: string, key: KeyHealth): AccountHealth {
  const others = Object.entries(health.keys).filter(([id]) => id !== keyId);
  const kept = bounded(others, MOST_KEYS - 1, ({ disabled, parked }) =>
    disabled === null ? (parked?.until ?? 0) : Number.POSITIVE_INFINITY,
  );
  return { ...health, keys: { ...kept, [keyId]: key } };
}

/** At most `most` of the entries, those of greatest `worth`. */
function bounded<Value>(entries: [string, Value][], most: number, worth: (value: Value) => number) {
  const kept = entries.length <= most ? entries : entries.toSorted(([, a], [, b]) => worth(b) - worth(a));
  return Object.fromEntries(kept.slice(0, most));
}

/** The record's own property: names of families come from clients, and one may be `constructor`, which every object inherits. */
function own<Value>(record: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
