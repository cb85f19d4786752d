/**
 * The object of one upstream account: the only writer of its health, its concurrency and its daily quota, across all
 * keys and locations. Only accounts that need it are ever asked: a healthy account without a limit of its own costs
 * no object request. What it finds out is written to D1 when it changes who may be used, for every isolate to read.
 */
import { DurableObject } from "cloudflare:workers";
import { dayStart } from "../gate/calendar.ts";
import { LEASE_TTL_MS } from "../gate/limits.ts";
import type { Fault } from "../providers/faults.ts";
import type { Headroom } from "../providers/headroom.ts";
import {
  type AccountHealth,
  afterFault,
  afterSuccess,
  HEALTHY,
  isUsable,
  probeEnded,
  probeStarted,
  withHeadroom,
} from "./health.ts";
import { afterProof } from "./proof.ts";

/** What an account allows, sent along with each question: the object keeps no copy that could grow stale. */
export interface AccountLimits {
  maxConcurrency: number | null;
  dailyQuotaNanos: number | null;
  quotaResetHour: number;
}

/** Asks to be the one request that tries an account again after an outage. */
export interface ProbeAsk {
  family: string | null;
  keyIds: string[];
}

/** `busy` and `spent` pass with time; neither is a fault of the account. */
export type Grant = "granted" | "busy" | "spent" | "probing";

/** One line of the account's error history. */
export interface AccountError {
  at: number;
  status: number;
  condition: string;
  class: Fault["class"];
  until: number | null;
}

interface KeeperState {
  health: AccountHealth;
  leases: { id: string; expiresAt: number; probe: boolean }[];
  day: { startedAt: number; costNanos: number };
  errors: AccountError[];
}

const NEW_STATE: KeeperState = {
  health: HEALTHY,
  leases: [],
  day: { startedAt: 0, costNanos: 0 },
  errors: [],
};

const STATE = "state";
const ERRORS_MAX = 50;

export class Keeper extends DurableObject<Env> {
  #state: KeeperState | undefined;

  /** Leave to send one request. A grant must be released; it lapses like a key's lease. */
  acquire(leaseId: string, limits: AccountLimits, probe: ProbeAsk | null): Grant {
    const state = this.#load(limits.quotaResetHour);
    const { maxConcurrency, dailyQuotaNanos } = limits;
    if (dailyQuotaNanos !== null && state.day.costNanos >= dailyQuotaNanos) return "spent";
    if (maxConcurrency !== null && state.leases.length >= maxConcurrency) return "busy";
    const now = Date.now();
    if (probe) {
      // Somebody else may have found the account well meanwhile; if not, one probe at a time.
      const usable = isUsable(state.health, probe.family, now, probe.keyIds);
      if (usable === "no") return "probing";
      if (usable === "probe") state.health = probeStarted(state.health, now);
    }
    state.leases = [...state.leases, { id: leaseId, expiresAt: now + LEASE_TTL_MS, probe: probe !== null }];
    this.#save();
    return "granted";
  }

  /** Gives a grant back and books what the request cost. Safe to repeat: only a held lease is booked. */
  release(leaseId: string, costNanos: number, quotaResetHour: number): void {
    const state = this.#load(quotaResetHour);
    const held = state.leases.find((lease) => lease.id === leaseId);
    if (!held) return;
    state.leases = state.leases.filter((lease) => lease.id !== leaseId);
    state.day = { ...state.day, costNanos: state.day.costNanos + costNanos };
    // A probe that was answered has been reported; one whose client left has shown nothing, and the next may try.
    if (held.probe) state.health = probeEnded(state.health);
    this.#save();
  }

  /** Notes a fault and answers the account's health from now on. */
  async reportFault(accountId: string, fault: Fault, keyId: string): Promise<AccountHealth> {
    const state = this.#load(null);
    const now = Date.now();
    const until = fault.class === "request" ? null : fault.until;
    const { condition, status } = fault;
    state.errors = [{ at: now, status, condition, class: fault.class, until }, ...state.errors].slice(0, ERRORS_MAX);
    return this.#change(accountId, afterFault(state.health, fault, keyId, now));
  }

  /** Notes an answer from an account that was under suspicion, or whose headroom has moved. */
  async reportSuccess(accountId: string, keyId: string, headroom: Headroom | null): Promise<AccountHealth> {
    const state = this.#load(null);
    const health = afterSuccess(state.health, keyId, Date.now());
    return this.#change(accountId, withHeadroom(health, headroom));
  }

  /** Notes an answer to a test, a request that began after all that is held against the account. */
  async reportProof(
    accountId: string,
    keyId: string,
    family: string | null,
    headroom: Headroom | null,
  ): Promise<AccountHealth> {
    const state = this.#load(null);
    const health = afterProof(state.health, keyId, family, Date.now());
    return this.#change(accountId, withHeadroom(health, headroom));
  }

  /** Forgets everything held against the account; its error history stays. */
  async reset(accountId: string): Promise<AccountHealth> {
    this.#load(null);
    return this.#change(accountId, HEALTHY);
  }

  /** What an operator wants to see. */
  report(quotaResetHour: number): {
    health: AccountHealth;
    inFlight: number;
    todayNanos: number;
    errors: AccountError[];
  } {
    const { health, leases, day, errors } = this.#load(quotaResetHour);
    return { health, inFlight: leases.length, todayNanos: day.costNanos, errors };
  }

  /** Stores the health and tells everybody: one row, and the version that isolates compare every 10 seconds. */
  async #change(accountId: string, health: AccountHealth): Promise<AccountHealth> {
    const state = this.#load(null);
    const changed = health !== state.health;
    state.health = health;
    this.#save();
    if (!changed) return health;
    const { DB } = this.env;
    await DB.batch([
      DB.prepare(
        `INSERT INTO account_health (account_id, health, updated_at) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET health = excluded.health, updated_at = excluded.updated_at`,
      ).bind(accountId, JSON.stringify(health), Date.now()),
      DB.prepare("UPDATE settings SET value = value + 1 WHERE name = 'health_version'"),
    ]);
    return health;
  }

  /** The state as it is now: lapsed leases dropped, a new quota day begun. */
  #load(quotaResetHour: number | null): KeeperState {
    const state = this.#state ?? { ...NEW_STATE, ...this.ctx.storage.kv.get<KeeperState>(STATE) };
    this.#state = state;
    const now = Date.now();
    state.leases = state.leases.filter((lease) => lease.expiresAt > now);
    // Who asks about health alone does not know when the account's day begins, and leaves it as it is.
    if (quotaResetHour === null) return state;
    const day = dayStart(now, (Number(this.env.TIMEZONE_OFFSET) || 0) - quotaResetHour);
    if (state.day.startedAt < day) state.day = { startedAt: day, costNanos: 0 };
    return state;
  }

  #save(): void {
    this.ctx.storage.kv.put(STATE, this.#state);
  }
}
