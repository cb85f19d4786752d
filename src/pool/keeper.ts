/**
 * The Durable Object of one upstream account: the only writer of its health, its concurrency and its daily quota, across all keys and
 * locations. Only accounts that need it call it: a healthy account with a key and without a limit of its own never does. Each change
 * of the health is written to D1, where every isolate reads it; what D1 does not take is kept here and written when D1 is back. The
 * object also holds the account's sign-in, with which the vault deals (src/vault/tokens.ts). Both share the one alarm of the object.
 */
import { DurableObject } from "cloudflare:workers";
import { record } from "../events.ts";
import { dayStart } from "../ground/calendar.ts";
import { LEASE_TTL_MS, MINUTE_MS } from "../ground/durations.ts";
import { within } from "../ground/within.ts";
import type { Fault } from "../providers/faults.ts";
import type { ProjectOutcome } from "../providers/oauth/code-assist.ts";
import { afterAsking, isQuotaDue, type QuotaReading } from "../providers/quota/windows.ts";
import { type EndReason, isEndReason, type StoredGrant } from "../vault/grant.ts";
import type { WantedProject } from "../vault/projects.ts";
import type { SignInSeals } from "../vault/reseal.ts";
import { type NewGrant, type TokenAnswer, TokenVault } from "../vault/tokens.ts";
import {
  type AccountHealth,
  type AccountTest,
  afterFault,
  afterSuccess,
  HEALTHY,
  isUsable,
  probeEnded,
  probeStarted,
  withReading,
} from "./health.ts";
import { hasAccountOf, leavingOf, rereadAccounts, writeHealth } from "./keeper-rows.ts";
import { type AccountError, type KeeperState, restored } from "./keeper-state.ts";
import { afterPassedCheck } from "./passed-check.ts";
import { askForQuota, type QuotaQuestion } from "./quota-asking.ts";
import { workOnSignIn } from "./sign-in-work.ts";
import { releaseSlot, renewSlot, roll } from "./slots.ts";

/** What an account allows. It is sent along with each call: the object keeps no copy that could grow stale. */
export interface AccountLimits {
  maxConcurrency: number | null;
  dailyQuotaNanos: number | null;
  quotaResetHour: number;
}

/** Asks to be the one request that tries an account again after an outage. */
export interface ProbeInput {
  family: string | null;
  keyIds: string[];
}

/** `busy` and `spent` pass with time; neither is a fault of the account. */
export type Grant = "granted" | "busy" | "spent" | "probing";

const STATE = "state";
const ERRORS_MAX = 50;
/** If the object dies while it writes to D1, it tries again after this. */
const WRITE_AGAIN_MS = 30_000;
const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 15 * MINUTE_MS;
/** How long somebody who looks at an account waits for its provider's figures. */
const QUOTA_PATIENCE_MS = 3_000;
/** How many leases are remembered that were released before their `acquire` arrived: the two calls are milliseconds apart. */
const EARLY_RELEASES_MAX = 256;

export class Keeper extends DurableObject<Env> {
  #state: KeeperState | undefined;
  #publishing: Promise<void> | undefined;
  #asking: Promise<void> | undefined;
  #failures = 0;
  #retryAt = 0;
  /** When to write to D1; null: D1 has everything that must not be lost. */
  #writeAt: number | null = null;
  #alarmAt: number | null = null;
  readonly #vault = new TokenVault(this.ctx, this.env, {
    rescheduled: () => this.#schedule(),
    ended: async (accountId, reason) => void (await this.#signInEnded(accountId, reason)),
    projectChanged: (accountId) => rereadAccounts(this.env, accountId),
    hasAccountOf: (kind) => hasAccountOf(this.env, kind),
    leaving: (accountId) => leavingOf(this.env, accountId),
  });
  readonly #releasedEarly = new Set<string>();

  /**
   * Asks to send one request. A grant must be released, and renewed while its request is in flight. It lapses like a key's
   * lease, and is then booked at `estimateNanos`. Safe to repeat: one lease takes one slot.
   */
  acquire(leaseId: string, limits: AccountLimits, probe: ProbeInput | null, estimateNanos = 0): Grant {
    const state = this.#load(limits.quotaResetHour);
    const { maxConcurrency, dailyQuotaNanos } = limits;
    if (state.leases.some(({ id }) => id === leaseId)) return "granted";
    // It was released already, so nobody waits for this answer.
    if (this.#releasedEarly.delete(leaseId)) return "busy";
    if (dailyQuotaNanos !== null && state.day.costNanos >= dailyQuotaNanos) return "spent";
    if (maxConcurrency !== null && state.leases.length >= maxConcurrency) return "busy";
    const now = Date.now();
    if (probe) {
      // Another request may have found the account healthy meanwhile. If not, one request probes at a time.
      const usable = isUsable(state.health, probe.family, now, probe.keyIds);
      if (usable === "no") return "probing";
      if (usable === "probe") state.health = probeStarted(state.health, now);
    }
    const slot = { id: leaseId, expiresAt: now + LEASE_TTL_MS, probe: probe !== null, estimateNanos };
    state.leases = [...state.leases, slot];
    this.#save();
    return "granted";
  }

  /**
   * Releases a grant and books what the request cost, even if the grant has lapsed meanwhile. Safe to repeat: only a grant that is known
   * here is booked, and a grant is stored before it is answered.
   */
  release(leaseId: string, costNanos: number, quotaResetHour: number): void {
    const state = this.#load(quotaResetHour);
    const probe = [...state.leases, ...state.lapsed].some((lease) => lease.id === leaseId && lease.probe);
    const after = releaseSlot(state, leaseId, costNanos);
    if (!after) {
      this.#rememberRelease(leaseId);
      return;
    }
    this.#state = after;
    // A probe that was answered was reported before this. A probe whose client left has shown nothing: the next request may probe.
    if (probe) after.health = probeEnded(after.health);
    this.#save();
  }

  /** Keeps a grant for another 15 minutes, because its request is in flight. */
  renew(leaseId: string): void {
    const renewed = renewSlot(this.#load(null), leaseId, Date.now() + LEASE_TTL_MS);
    if (!renewed) return;
    this.#state = renewed;
    this.#save();
  }

  /** Records a fault. Returns the account's health after it. Safe to repeat under the same `faultId`. */
  async reportFault(
    accountId: string,
    fault: Fault,
    keyId: string,
    faultId?: string,
    reading: QuotaReading | null = null,
  ): Promise<AccountHealth> {
    const state = this.#load(null);
    if (faultId !== undefined && state.errors.some(({ id }) => id === faultId)) return state.health;
    if (fault.condition === "project_gone") this.#vault.projects.lookSoon();
    const now = Date.now();
    const until = fault.class === "request" ? null : fault.until;
    const { condition, status } = fault;
    const error = {
      at: now,
      status,
      condition,
      class: fault.class,
      until,
      ...(faultId !== undefined && { id: faultId }),
    };
    state.errors = [error, ...state.errors].slice(0, ERRORS_MAX);
    return this.#change(accountId, withReading(afterFault(state.health, fault, keyId, now), reading, now));
  }

  /** Records an answer from an account that was not healthy, or whose use of the provider's limits has moved. */
  async reportSuccess(accountId: string, keyId: string, reading: QuotaReading | null): Promise<AccountHealth> {
    const state = this.#load(null);
    const now = Date.now();
    const health = afterSuccess(state.health, keyId, now);
    // The next answer tells the use again; only a change of the health must not be lost.
    return this.#change(accountId, withReading(health, reading, now), health !== state.health);
  }

  /** Records an account check that was answered. It began after every fault that is recorded here. */
  async reportPassedCheck(
    accountId: string,
    keyId: string,
    family: string | null,
    reading: QuotaReading | null,
  ): Promise<AccountHealth> {
    const state = this.#load(null);
    const now = Date.now();
    const health = afterPassedCheck(state.health, keyId, family, now);
    return this.#change(accountId, withReading(health, reading, now));
  }

  /** Notes what a check of the account has shown, for people; what follows from it for the health was reported before. */
  async reportTest(accountId: string, test: AccountTest): Promise<AccountHealth> {
    return this.#change(accountId, { ...this.#load(null).health, lastTest: test });
  }

  /** Makes the account healthy. Its error history, the result of its last check and the provider's quota stay. */
  async reset(accountId: string): Promise<AccountHealth> {
    const { quota, lastTest = null } = this.#load(null).health;
    // An administrator waits for it, so D1 is tried at once, even after failures.
    this.#retryAt = 0;
    this.#vault.tryAgain();
    return this.#change(accountId, { ...HEALTHY, quota, lastTest });
  }

  /** What an operator wants to see. */
  report(quotaResetHour: number): {
    health: AccountHealth;
    inFlight: number;
    todayNanos: number;
    errors: AccountError[];
    project: string | null;
  } {
    const { health, leases, day, errors } = this.#load(quotaResetHour);
    return {
      health,
      inFlight: leases.length,
      todayNanos: day.costNanos,
      errors,
      project: this.#vault.projects.current,
    };
  }

  /**
   * Takes over a sign-in in place of the one before. If the account was disabled because its sign-in had ended, it no longer is. Safe to
   * repeat. Resolves when it is stored.
   */
  async adopt(given: NewGrant): Promise<void> {
    const adopted = await this.#vault.adopt(given);
    const { health } = this.#load(null);
    const disabled = this.#vault.ended === null && isEndReason(health.disabled) ? null : health.disabled;
    // It may be another subscription, of which the old figures say nothing.
    const quota = adopted ? null : health.quota;
    if (disabled !== health.disabled || quota !== health.quota) {
      await this.#change(given.accountId, { ...health, disabled, quota });
    }
  }

  /** Keeps a sign-in until the account names it or another one (src/vault/offers.ts). Resolves when it is stored. Safe to repeat. */
  offer(given: NewGrant): Promise<void> {
    return this.#vault.offers.add(given);
  }

  /**
   * Asks the provider how much of the account's limits is used, if that is due. The caller waits for a moment; the question goes on
   * without the caller.
   */
  async askQuota(question: QuotaQuestion): Promise<void> {
    if (!isQuotaDue(this.#load(null).health.quota, question.maxAgeMs, Date.now())) return;
    this.#asking ??= this.#askQuota(question).finally(() => {
      this.#asking = undefined;
    });
    this.ctx.waitUntil(this.#asking.catch(() => undefined));
    await within(QUOTA_PATIENCE_MS, this.#asking);
  }

  async #askQuota(question: QuotaQuestion): Promise<void> {
    const { id, grantId } = question;
    const answer = await askForQuota(this.env, question, (refused) => this.#vault.token(grantId, refused));
    // Somebody has signed in anew meanwhile, or the account is gone.
    if (!this.#vault.has(grantId)) return;
    const { health } = this.#load(null);
    await this.#change(id, { ...health, quota: afterAsking(health.quota, answer, Date.now()) }, false);
  }

  /** See `TokenVault.token`. */
  token(grantId: string, refused: number | null): Promise<TokenAnswer> {
    return this.#vault.token(grantId, refused);
  }

  /** See `Projects.find`. */
  findProject(grantId: string, wanted: WantedProject): Promise<ProjectOutcome> {
    return this.#vault.projects.find(grantId, wanted);
  }

  /** The sign-in as it is stored, sealed; null: there is none. */
  signIn(): StoredGrant | null {
    return this.#vault.stored;
  }

  /** See `TokenVault.seals`. */
  seals(): Promise<SignInSeals | null> {
    return this.#vault.seals();
  }

  /** See `TokenVault.reseal`. Safe to repeat. */
  reseal(): Promise<SignInSeals | null> {
    return this.#vault.reseal();
  }

  /** See `TokenVault.forget`. */
  forget(isWanted = false): Promise<void> {
    return this.#vault.forget(isWanted);
  }

  /** Writes to D1 what it does not have yet, and renews the sign-in if that is due. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    this.#retryAt = 0;
    await Promise.all([this.#publish(), workOnSignIn(this.env, this.#vault, (given) => this.adopt(given))]);
    this.#schedule();
  }

  #signInEnded(accountId: string, reason: EndReason): Promise<AccountHealth> {
    const state = this.#load(null);
    const at = Date.now();
    const error: AccountError = { at, status: 0, condition: reason, class: "credential", until: null };
    state.errors = [error, ...state.errors].slice(0, ERRORS_MAX);
    return this.#change(accountId, { ...state.health, lastError: { at, status: 0, condition: reason } });
  }

  /** Sets the object's one alarm to whatever is due first. */
  #schedule(): void {
    const wanted = [this.#writeAt, this.#vault.dueAt].filter((at) => at !== null);
    if (wanted.length === 0) return;
    const at = Math.min(...wanted);
    if (this.#alarmAt === at) return;
    this.#alarmAt = at;
    void this.ctx.storage.setAlarm(at);
  }

  /**
   * Stores the health, and then publishes it through D1. What is stored here is never lost: an alarm is set before D1 is
   * written, because this object may die in between. `mustPublish` false: the change may wait for the next one.
   */
  async #change(accountId: string, changed: AccountHealth, mustPublish = true): Promise<AccountHealth> {
    const state = this.#load(null);
    const { ended } = this.#vault;
    // A request that was under way when the sign-in ended may still succeed.
    const health = ended === null || changed.disabled === ended ? changed : { ...changed, disabled: ended };
    if (health === state.health) {
      this.#save();
      return health;
    }
    state.health = health;
    state.accountId = accountId;
    state.revision++;
    if (mustPublish) this.#writeAgainAt(Math.max(this.#retryAt, Date.now() + WRITE_AGAIN_MS));
    this.#save();
    if (Date.now() >= this.#retryAt) await this.#publish();
    return health;
  }

  #publish(): Promise<void> {
    this.#publishing ??= this.#writeHealth().finally(() => {
      this.#publishing = undefined;
    });
    return this.#publishing;
  }

  /** Writes the health to D1, and once more if it has changed meanwhile. */
  async #writeHealth(): Promise<void> {
    for (let state = this.#load(null); state.written < state.revision; state = this.#load(null)) {
      const { revision, health, accountId } = state;
      try {
        await writeHealth(this.env, accountId, health);
      } catch (error) {
        const wait = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures++);
        this.#retryAt = Date.now() + wait;
        const next_try = new Date(this.#retryAt).toISOString();
        record({ event: "account_health_not_written", account: accountId, next_try, error });
        this.#writeAgainAt(this.#retryAt);
        return;
      }
      this.#failures = 0;
      // Stored with the next change. If the object restarts before that, it writes the same row once more.
      this.#load(null).written = revision;
    }
    this.#writeAt = null;
  }

  #writeAgainAt(at: number): void {
    this.#writeAt = at;
    this.#schedule();
  }

  #rememberRelease(leaseId: string): void {
    this.#releasedEarly.add(leaseId);
    for (const oldest of this.#releasedEarly) {
      if (this.#releasedEarly.size <= EARLY_RELEASES_MAX) break;
      this.#releasedEarly.delete(oldest);
    }
  }

  /** The state as it is now. `quotaResetHour` null: the caller does not know it, so slots and day stay as they are. */
  #load(quotaResetHour: number | null): KeeperState {
    this.#state ??= this.#restore();
    if (quotaResetHour === null) return this.#state;
    const now = Date.now();
    const lost = this.#state.leases.some(({ expiresAt, probe }) => probe && expiresAt <= now);
    const day = dayStart(now, (Number(this.env.TIMEZONE_OFFSET) || 0) - quotaResetHour);
    this.#state = roll(this.#state, day, now);
    if (lost) this.#state.health = probeEnded(this.#state.health);
    return this.#state;
  }

  #restore(): KeeperState {
    const state = restored(this.ctx.storage.kv.get<KeeperState>(STATE));
    // The object's last life may have ended before D1 had it, and its alarm is lost with the next one that is set here.
    if (state.written < state.revision) this.#writeAt = Date.now() + WRITE_AGAIN_MS;
    return state;
  }

  #save(): void {
    this.ctx.storage.kv.put(STATE, this.#state);
  }
}
