/**
 * The vault of one account: its sign-in, held by the account's Keeper, which is the only one that renews it. A refresh
 * token works once, so everything here serves one thing: the token that was issued last is the one that is stored.
 *
 * - One renewal at a time, whoever asks. Before it is sent that fact is stored; what it brings is stored, durably, before
 *   anybody gets it.
 * - What an answer leaves out stays. After each wait the stored sign-in is read again: another may have taken its place.
 * - An answer that never arrived may have rotated the token. That is tried again, and where the old token turns out to be
 *   used up, the account says so by its own name.
 *
 * Knows nothing of accounts' health and of D1.
 */
import { record } from "../events.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import { within } from "../ground/within.ts";
import { kindOf } from "../providers/kinds.ts";
import { type Grant, renewed, type TokenOutcome } from "../providers/oauth/flow.ts";
import { askForTokens } from "./authorization-server.ts";
import { fingerprintOf } from "./credentials.ts";
import { tokenExit } from "./exit.ts";
import {
  type EndReason,
  openGrant,
  putToken,
  type SealedToken,
  type StoredGrant,
  sealedGrant,
  WARNING_MS,
} from "./grant.ts";
import { GrantStore } from "./grant-store.ts";
import { flowSettings, missingSettings } from "./oauth-settings.ts";
import { Offers } from "./offers.ts";
import type { SignedIn } from "./places.ts";
import { type ProjectListener, Projects } from "./projects.ts";
import { resealSignIn, type SignInSeals, sealsOf } from "./reseal.ts";
import { type RevocationListener, Revocations } from "./revocations.ts";

/** A sign-in that is handed to the vault. */
export interface NewGrant extends SignedIn {
  madeAt: number;
  platform: string;
  kind: string;
  grant: Grant;
  /** The project that was found already, where it comes from another relay. */
  project?: string;
  /** The project in which requests are to be made, where somebody has named it. */
  namedProject?: string;
  /** Somebody has just signed in anew: the one before is not wanted any more. One that was made elsewhere may be the same. */
  isNew?: boolean;
}

/** What somebody who needs a token is told. */
export type TokenAnswer =
  | { state: "token"; token: SealedToken }
  /** Somebody has to sign in again. */
  | { state: "ended"; reason: EndReason }
  /** Not at the moment. */
  | { state: "unavailable" }
  /** No such sign-in is here. */
  | { state: "unknown" };

/** Where the object is told what has changed. */
export interface VaultListener extends ProjectListener, RevocationListener {
  /** The sign-in is over. */
  ended(accountId: string, reason: EndReason): Promise<void>;
}

/** A token this near to its end may end on its way. */
const MARGIN_MS = 30 * SECOND_MS;
/** How long somebody waits for a renewal. It goes on without them. */
const PATIENCE_MS = 20 * SECOND_MS;
/** A token that was obtained just now and is refused is not refused for its age. */
const JUST_OBTAINED_MS = MINUTE_MS;
const RETRY_FIRST_MS = 5 * SECOND_MS;
const RETRY_MAX_MS = 5 * MINUTE_MS;
/** Readers ask the object meanwhile. */
const PUBLISH_AGAIN_MAX_MS = 15 * MINUTE_MS;
/** A renewal is over by then. */
const RENEWAL_MS = 70 * SECOND_MS;

export class TokenVault {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly listener: VaultListener;
  readonly #store: GrantStore;
  /** Where requests of the sign-in are made. */
  readonly projects: Projects;
  readonly #revocations: Revocations;
  /** Sign-ins that may take the place of this one. */
  readonly offers: Offers;
  #renewing: Promise<void> | undefined;
  #publishing: Promise<void> | undefined;

  constructor(ctx: DurableObjectState, env: Env, listener: VaultListener) {
    this.#ctx = ctx;
    this.#env = env;
    this.listener = listener;
    this.#store = new GrantStore(ctx.storage, () => listener.rescheduled());
    this.#revocations = new Revocations(ctx, env, listener);
    this.offers = new Offers(ctx.storage, env, () => listener.rescheduled());
    this.projects = new Projects(env, this.#store, this);
  }

  /** The renewal that is under way. */
  get renewing(): Promise<void> | undefined {
    return this.#renewing;
  }

  /**
   * Takes a sign-in in, in place of the one before. Safe to repeat, also long after: the one that is here has been renewed
   * since, and stays. Answers when it is stored durably, and whether it has taken that place now.
   */
  async adopt({ grant, isNew = false, ...given }: NewGrant): Promise<boolean> {
    const broughtWith = grant.refresh === null ? undefined : await fingerprintOf(grant.refresh);
    for (;;) {
      const before = this.#store.read();
      if (before && (before.grantId === given.grantId || before.madeAt > given.madeAt)) return false;
      const isSame = before?.ended === null && broughtWith !== undefined && before.broughtWith === broughtWith;
      if (isSame && this.#renewing) {
        await this.#renewing.catch(() => undefined);
        continue;
      }
      // Brought a second time, it is what it has become since: the refresh token that it was brought with may be used up.
      const newest = isSame ? await this.#open(before) : null;
      const first = await sealedGrant(given, newest ?? grant, 1, Date.now(), this.#env);
      const current = this.#store.read();
      if (current?.sealed !== before?.sealed || (isSame && this.#renewing)) continue;
      // One that has ended is not to be revoked.
      if (current?.ended === null && isNew) this.#revocations.addReplaced(current);
      this.#store.write({
        ...given,
        ...first,
        ...(broughtWith !== undefined && { broughtWith }),
        sentAt: (isSame && current?.sentAt) || null,
        // It may have been replaced where it came from.
        ...{ obtainedAt: 0, failures: 0, retryAt: 0, ended: null, published: 0, warned: false },
      });
      this.offers.drop((offered) => offered.madeAt <= given.madeAt);
      await this.#store.sync();
      this.publish();
      this.#ctx.waitUntil(this.partWithGone());
      return true;
    }
  }

  /**
   * Forgets the sign-in: its account is gone. `isWanted`: no account ever came of it, so that whoever brought it may use it elsewhere. Answers
   * when that is stored; the rest is done beside (revocations.ts). Safe to repeat.
   */
  async forget(isWanted: boolean): Promise<void> {
    const current = this.#store.read();
    if (current) this.#revocations.addDeleted(current, isWanted);
    this.#store.delete();
    this.offers.drop(() => true);
    await this.#store.sync();
    this.#ctx.waitUntil(this.partWithGone());
  }

  /** Does what is left to be done for sign-ins that are gone, where it is time. Never rejects. */
  async partWithGone(): Promise<void> {
    // What is under way may bring other tokens, or put one where it is taken away from.
    await Promise.allSettled([this.#renewing, this.#publishing]);
    await this.#revocations.work();
  }

  /** All of the sign-in, sealed; null: none. */
  get stored(): StoredGrant | null {
    return this.#store.read() ?? null;
  }

  /** Whose sign-in is here, and when it was made; null: none. */
  get signIn(): Pick<StoredGrant, "accountId" | "madeAt"> | null {
    return this.#store.read() ?? null;
  }

  /** Whether it is this sign-in that is here. */
  has(grantId: string): boolean {
    return this.#store.read()?.grantId === grantId;
  }

  /** Why somebody has to sign in again; null where that is not so. */
  get ended(): EndReason | null {
    return this.#store.read()?.ended ?? null;
  }

  /** An administrator wants it tried again. */
  tryAgain(): void {
    const current = this.#store.read();
    if (current && (current.ended !== null || current.retryAt > 0)) {
      this.#store.write({ ...current, ended: null, failures: 0, retryAt: 0 });
    }
    this.projects.lookSoon();
  }

  /**
   * A token of the sign-in `grantId`, renewed first where that is due. `refused`: the version of a token that the provider
   * did not take (null: none was tried); what is answered is newer. The answer is durable here before it is given.
   */
  async token(grantId: string, refused: number | null): Promise<TokenAnswer> {
    for (let mayRenew = true; ; mayRenew = false) {
      const current = this.#store.read();
      if (!current || current.grantId !== grantId) return { state: "unknown" };
      if (current.ended !== null) return { state: "ended", reason: current.ended };
      const now = Date.now();
      const { token, version, refreshAt, obtainedAt, retryAt } = current;
      const newer = refused === null || version > refused;
      if (newer && now < token.expiresAt - MARGIN_MS) return { state: "token", token };
      if (refreshAt === null && now >= token.expiresAt) {
        await this.#end(current, "reauth_required");
        continue;
      }
      const refusedAtOnce = !newer && now - obtainedAt < JUST_OBTAINED_MS;
      const waits = now < retryAt && !this.#renewing;
      if (!mayRenew || refreshAt === null || refusedAtOnce || waits) {
        return newer && now < token.expiresAt ? { state: "token", token } : { state: "unavailable" };
      }
      await within(PATIENCE_MS, this.#renew());
    }
  }

  /** See `sealsOf`. */
  seals(): Promise<SignInSeals | null> {
    return sealsOf(this.#store.read(), this.#env);
  }

  /** See `resealSignIn`. */
  reseal(): Promise<SignInSeals | null> {
    return resealSignIn(this.#store, this.#env, () => this.publish());
  }

  /** When the object is to call `work`, milliseconds since the epoch; null: not at all. */
  get dueAt(): number | null {
    const times = [this.#renewalDueAt, this.#revocations.dueAt, this.offers.dueAt].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  get #renewalDueAt(): number | null {
    const current = this.#store.read();
    if (!current) return null;
    const { version, published, refreshAt, retryAt, sentAt, ended, token, warned } = current;
    const { lookForProjectAt = Infinity, madeAt, seenAt = madeAt, obtainedAt } = current;
    const seeAt = seenAt + DAY_MS;
    if (ended !== null) return seeAt;
    // Should the object die while one is under way.
    const underWay = this.#renewing && sentAt !== null ? sentAt + RENEWAL_MS : 0;
    // One that cannot be renewed is announced to end, and then ends.
    const ends = token.expiresAt - (warned ? 0 : WARNING_MS);
    const next = Math.min(seeAt, lookForProjectAt, refreshAt === null ? ends : Math.max(refreshAt, retryAt, underWay));
    if (published === version) return next;
    const now = Date.now();
    const pause = Math.max(MINUTE_MS, now - Math.max(obtainedAt, madeAt));
    return Math.min(next, now + Math.min(PUBLISH_AGAIN_MAX_MS, pause));
  }

  /** What is due now, of a sign-in whose account is there. Safe to call at any time, and twice. */
  async work(): Promise<void> {
    const before = this.#store.read();
    const now = Date.now();
    if (!before) return;
    const isSeenToday = now < (before.seenAt ?? before.madeAt) + DAY_MS;
    const current = isSeenToday ? before : { ...before, seenAt: now };
    if (!isSeenToday) this.#store.write(current);
    if (current.ended !== null) return;
    const { refreshAt, retryAt, token, accountId, warned } = current;
    if (refreshAt === null) {
      if (now >= token.expiresAt) await this.#end(current, "reauth_required");
      else if (!warned && now >= token.expiresAt - WARNING_MS) {
        this.#store.write({ ...current, warned: true });
        record({ event: "sign_in_ends_soon", account: accountId, ends: new Date(token.expiresAt).toISOString() });
      }
    } else if (now >= refreshAt && now >= retryAt) await this.#renew();
    await this.projects.work();
    await this.publish();
  }

  #renew(): Promise<void> {
    // All of an object's events share it, and it outlives each of them.
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = undefined;
      this.listener.rescheduled();
    });
    this.#ctx.waitUntil(this.#renewing.catch(() => undefined));
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    const before = this.#store.read();
    if (!before || before.ended !== null || before.refreshAt === null) return;
    const flow = kindOf(before.platform, before.kind)?.oauth;
    // Another version of the relay has made it, and is to find it again: the alarm rings seldom until then.
    if (!flow?.refresh) return this.#failed(before, before.sentAt, 0);
    const grant = await this.#open(before);
    if (!grant?.refresh || !this.#store.isCurrent(before)) return;
    const settings = flowSettings(this.#env, flow.name);
    if (missingSettings(flow, settings, "renewal").length > 0) return this.#failed(before, before.sentAt, 0);
    const exit = tokenExit(this.#env, before.egress);
    if (!exit.ok) return this.#failed(before, before.sentAt, 0);
    // Stored before it is sent: whoever comes after a crash knows that the token may be used up.
    this.#store.write({ ...this.#store.latest(before), sentAt: Date.now() });
    await this.#store.sync();
    if (!this.#store.isCurrent(before)) return;
    const request = flow.refresh(grant.refresh, settings);
    const outcome = await askForTokens(flow, settings, exit.value, request, before.failures);
    await this.#conclude(before, grant, outcome);
  }

  async #conclude(before: StoredGrant, grant: Grant, outcome: TokenOutcome): Promise<void> {
    if (!this.#store.isCurrent(before)) return this.#concludeLate(before, grant, outcome);
    const { sentAt } = before;
    switch (outcome.kind) {
      case "tokens": {
        const now = Date.now();
        const fresh = await sealedGrant(before, renewed(grant, outcome.tokens), before.version + 1, now, this.#env);
        if (!this.#store.isCurrent(before)) return this.#concludeLate(before, grant, outcome);
        this.#store.write({ ...this.#store.latest(before), ...fresh, sentAt: null, failures: 0, retryAt: 0 });
        await this.#store.sync();
        this.#ctx.waitUntil(this.publish());
        return;
      }
      case "ended":
        return this.#end(before, sentAt === null ? "reauth_required" : "reauth_required_answer_lost");
      case "pending":
        return this.#failed(before, sentAt, 0);
      case "refused":
      case "elsewhere":
        // It said so itself: the token that was sent is as good as it was.
        return this.#failed(before, sentAt, outcome.status);
      case "unclear":
        return this.#failed(before, sentAt ?? Date.now(), outcome.status);
    }
  }

  /** Of a sign-in that another has replaced nothing is kept, but for its being revoked: by the tokens that it has by now. */
  async #concludeLate({ grantId }: StoredGrant, grant: Grant, outcome: TokenOutcome): Promise<void> {
    if (outcome.kind === "tokens") await this.#revocations.renewed(grantId, renewed(grant, outcome.tokens));
  }

  #failed(before: StoredGrant, sentAt: number | null, status: number): void {
    const { accountId, failures } = before;
    const retryAt = Date.now() + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** failures);
    this.#store.write({ ...this.#store.latest(before), sentAt, failures: failures + 1, retryAt });
    record({ event: "token_not_renewed", account: accountId, status, next_try: new Date(retryAt).toISOString() });
  }

  async #end(grant: StoredGrant, reason: EndReason): Promise<void> {
    this.#store.write({ ...this.#store.latest(grant), ended: reason });
    record({ event: "sign_in_needed", account: grant.accountId, reason });
    // The account's health is stored in the same turn: an object that dies has both, or neither.
    await this.listener.ended(grant.accountId, reason);
    await this.#store.sync();
  }

  /** Null where it does not open: that passes when the right ENCRYPTION_KEY is back. */
  async #open(stored: StoredGrant): Promise<Grant | null> {
    try {
      return await openGrant(stored, this.#env);
    } catch (error) {
      record({ event: "credential_unreadable", account: stored.accountId, position: 0, error });
      if (this.#store.isCurrent(stored)) this.#failed(stored, stored.sentAt, 0);
      return null;
    }
  }

  /** Puts the access token where everybody reads it. Never rejects: it is tried again when the alarm rings. */
  publish(): Promise<void> {
    this.#publishing ??= this.#publishAll().finally(() => {
      this.#publishing = undefined;
    });
    return this.#publishing;
  }

  async #publishAll(): Promise<void> {
    for (
      let current = this.#store.read();
      current && current.published < current.version;
      current = this.#store.read()
    ) {
      const { accountId, token, version } = current;
      try {
        await putToken(token, accountId, this.#env);
      } catch (error) {
        record({ event: "token_not_published", account: accountId, error });
        this.listener.rescheduled();
        return;
      }
      const now = this.#store.read();
      // One that was sealed anew meanwhile is not there yet.
      if (now?.grantId === current.grantId && now.token.sealed === token.sealed)
        this.#store.write({ ...now, published: Math.max(now.published, version) });
    }
  }
}
