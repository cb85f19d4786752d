/**
 * The vault of one account: its sign-in. The account's Keeper holds it, and is the only one that renews it. A refresh token
 * works once, so everything here serves one aim: the token that was issued last is the one that is stored.
 *
 * - There is one renewal at a time, whoever asks. Before it is sent, it is stored that it will be; what it brings is stored,
 *   durably, before anybody gets it.
 * - What an answer leaves out stays. After each `await` the stored sign-in is read again: another may have taken its place.
 * - If an answer never arrived, the server may have rotated the token. The renewal is tried again, and if the old token
 *   turns out to be used up, the account is disabled with a reason of its own (`reauth_required_answer_lost`).
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
  /** The project that was found already, if the sign-in comes from another relay. */
  project?: string;
  /** The project in which to make requests, if somebody has named one. */
  namedProject?: string;
  /** Somebody has just signed in, so the one before is not wanted any more. Not set for an imported one, which may be the same sign-in. */
  isNew?: boolean;
}

/** The answer to somebody who needs a token. */
export type TokenAnswer =
  | { state: "token"; token: SealedToken }
  /** Somebody has to sign in again. */
  | { state: "ended"; reason: EndReason }
  /** There is none at the moment. */
  | { state: "unavailable" }
  /** No such sign-in is here. */
  | { state: "unknown" };

/** How the vault tells its object what has changed. */
export interface VaultListener extends ProjectListener, RevocationListener {
  /** Called when the sign-in is over. */
  ended(accountId: string, reason: EndReason): Promise<void>;
}

/** A token this near to its end may end on its way to the provider. */
const MARGIN_MS = 30 * SECOND_MS;
/** How long a caller waits for a renewal. The renewal goes on without them. */
const PATIENCE_MS = 20 * SECOND_MS;
/** A token that was obtained so recently is not refused for its age. */
const JUST_OBTAINED_MS = MINUTE_MS;
const RETRY_FIRST_MS = 5 * SECOND_MS;
const RETRY_MAX_MS = 5 * MINUTE_MS;
/** The longest pause before a token that KV did not take is put there again. Readers ask the object meanwhile. */
const PUBLISH_AGAIN_MAX_MS = 15 * MINUTE_MS;
/** No renewal takes longer. */
const RENEWAL_MS = 70 * SECOND_MS;

export class TokenVault {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly listener: VaultListener;
  readonly #store: GrantStore;
  /** The project in which requests of the sign-in are made. */
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
   * Takes over a sign-in in place of the one before. Safe to repeat, even long after: the one that is here was renewed since then,
   * and stays. Resolves when it is stored durably, with whether it has just taken that place.
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
      // The same sign-in was brought a second time: its stored tokens stay, because the refresh token that was brought may be used up.
      const newest = isSame ? await this.#open(before) : null;
      const first = await sealedGrant(given, newest ?? grant, 1, Date.now(), this.#env);
      const current = this.#store.read();
      if (current?.sealed !== before?.sealed || (isSame && this.#renewing)) continue;
      // A sign-in that has ended need not be revoked.
      if (current?.ended === null && isNew) this.#revocations.addReplaced(current);
      this.#store.write({
        ...given,
        ...first,
        ...(broughtWith !== undefined && { broughtWith }),
        sentAt: (isSame && current?.sentAt) || null,
        // `obtainedAt` 0, so that a refused token is renewed at once: the sign-in may have been renewed where it came from.
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
   * Forgets the sign-in, because its account is gone. `isWanted`: no account was ever made of it, so whoever brought it may use it
   * elsewhere. Resolves when that is stored; the rest is done in the background (revocations.ts). Safe to repeat.
   */
  async forget(isWanted: boolean): Promise<void> {
    const current = this.#store.read();
    if (current) this.#revocations.addDeleted(current, isWanted);
    this.#store.delete();
    this.offers.drop(() => true);
    await this.#store.sync();
    this.#ctx.waitUntil(this.partWithGone());
  }

  /** Does what is due for sign-ins that are gone. Never rejects. */
  async partWithGone(): Promise<void> {
    // A renewal under way may bring the tokens to revoke, and a publication may put a token into KV after it was deleted there.
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

  /** Whether the sign-in that is here is this one. */
  has(grantId: string): boolean {
    return this.#store.read()?.grantId === grantId;
  }

  /** Why somebody has to sign in again; null if nobody has to. */
  get ended(): EndReason | null {
    return this.#store.read()?.ended ?? null;
  }

  /** Forgets that the sign-in has ended or failed, because an administrator wants it tried again. */
  tryAgain(): void {
    const current = this.#store.read();
    if (current && (current.ended !== null || current.retryAt > 0)) {
      this.#store.write({ ...current, ended: null, failures: 0, retryAt: 0 });
    }
    this.projects.lookSoon();
  }

  /**
   * A token of the sign-in `grantId`, renewed first if that is due. `refused`: the version of a token that the provider did not
   * take (null: none was tried); the returned token is newer. It is durable here before it is returned.
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

  /** When the object must call `work`, milliseconds since the epoch; null: never. */
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
    // If the object dies while a renewal is under way, the alarm rings when that is certainly over.
    const underWay = this.#renewing && sentAt !== null ? sentAt + RENEWAL_MS : 0;
    // The end of a sign-in that cannot be renewed is announced, and then it ends.
    const ends = token.expiresAt - (warned ? 0 : WARNING_MS);
    const next = Math.min(seeAt, lookForProjectAt, refreshAt === null ? ends : Math.max(refreshAt, retryAt, underWay));
    if (published === version) return next;
    const now = Date.now();
    const pause = Math.max(MINUTE_MS, now - Math.max(obtainedAt, madeAt));
    return Math.min(next, now + Math.min(PUBLISH_AGAIN_MAX_MS, pause));
  }

  /** Does what is due for a sign-in whose account exists. Safe to call at any time, and twice. */
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
    // All events of the object share this promise, and it outlives each of them.
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
    // Another version of the relay has made this sign-in, and may come back. It counts as failed, so that the alarm rings seldom.
    if (!flow?.refresh) return this.#failed(before, before.sentAt, 0);
    const grant = await this.#open(before);
    if (!grant?.refresh || !this.#store.isCurrent(before)) return;
    const settings = flowSettings(this.#env, flow.name);
    if (missingSettings(flow, settings, "renewal").length > 0) return this.#failed(before, before.sentAt, 0);
    const exit = tokenExit(this.#env, before.egress);
    if (!exit.ok) return this.#failed(before, before.sentAt, 0);
    // Stored before it is sent, so that after a crash it is known that the refresh token may be used up.
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
        // The server has answered, so the refresh token that was sent is as good as it was.
        return this.#failed(before, sentAt, outcome.status);
      case "unclear":
        return this.#failed(before, sentAt ?? Date.now(), outcome.status);
    }
  }

  /** Handles an answer for a sign-in that was replaced meanwhile: nothing of it is kept, but its newest tokens are the ones to revoke. */
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
    // The account's health is stored in the same turn, so that an object that dies has stored both, or neither.
    await this.listener.ended(grant.accountId, reason);
    await this.#store.sync();
  }

  /** Null if it does not open; that passes when the right ENCRYPTION_KEY is back. */
  async #open(stored: StoredGrant): Promise<Grant | null> {
    try {
      return await openGrant(stored, this.#env);
    } catch (error) {
      record({ event: "credential_unreadable", account: stored.accountId, position: 0, error });
      if (this.#store.isCurrent(stored)) this.#failed(stored, stored.sentAt, 0);
      return null;
    }
  }

  /** Puts the access token into KV, where everybody reads it. Never rejects: if KV does not take it, the alarm tries again. */
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
      // If the token was sealed anew meanwhile, KV does not have it yet.
      if (now?.grantId === current.grantId && now.token.sealed === token.sealed)
        this.#store.write({ ...now, published: Math.max(now.published, version) });
    }
  }
}
