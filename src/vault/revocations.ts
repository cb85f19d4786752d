/**
 * What is left to do for sign-ins that are gone because their account was deleted or somebody has signed in again: the access token is
 * taken out of KV, and the tokens are revoked at the provider, if it offers that (RFC 7009). Until that is done or given up, the sign-in
 * lies sealed in the account's Keeper, whose alarm tries again. Nobody waits for any of it.
 */
import { record } from "../events.ts";
import { MINUTE_MS, SECOND_MS } from "../ground/durations.ts";
import { kindOf } from "../providers/kinds.ts";
import { type Grant, isRevoked } from "../providers/oauth/flow.ts";
import { askServer } from "./authorization-server.ts";
import { tokenExit } from "./exit.ts";
import { openGrant, type StoredGrant, tokenKey } from "./grant.ts";
import { flowSettings } from "./oauth-settings.ts";
import { grantPlace } from "./places.ts";
import { seal } from "./seal.ts";

/** A sign-in that is gone. */
interface Gone
  extends Pick<StoredGrant, "accountId" | "grantId" | "baseUrl" | "egress" | "platform" | "kind" | "sealed"> {
  /** KV may still have its access token. */
  published: boolean;
  /** It must still be revoked at its provider. */
  revokes: boolean;
  tried: number;
  nextAt: number;
}

/** What is outside the object. */
export interface RevocationListener {
  /** Called when something else may be due. */
  rescheduled(): void;
  /** Whether there is an account of this kind, whose sign-in may be the same person's. Throws if D1 cannot say. */
  hasAccountOf(kind: { platform: string; kind: string }): Promise<boolean>;
}

const GONE = "gone";
/** With the pauses below, these tries take six and a half hours. */
const MOST_TRIES = 6;
const RETRY_FIRST_MS = 30 * SECOND_MS;
const RETRY_FACTOR = 5;
/** No try takes longer. If the object dies in one, the next comes after this. */
const TRY_MS = 2 * MINUTE_MS;

export class Revocations {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #listener: RevocationListener;
  #working: Promise<void> | undefined;

  constructor(ctx: DurableObjectState, env: Env, listener: RevocationListener) {
    this.#ctx = ctx;
    this.#env = env;
    this.#listener = listener;
  }

  /**
   * Notes a sign-in whose account is gone. It is stored together with whatever else is written in the same turn. `isWanted`: it may be in
   * use elsewhere, so it is not revoked.
   */
  addDeleted(grant: StoredGrant, isWanted: boolean): void {
    // A sign-in that the provider has ended need not be revoked.
    const isOver = grant.ended === "reauth_required";
    this.#add(grant, true, !isWanted && !isOver && isOffered(this.#env, grant));
  }

  /** Notes a sign-in that was replaced by another one, whose token KV is about to get. */
  addReplaced(grant: StoredGrant): void {
    const mayBe = kindOf(grant.platform, grant.kind)?.oauth?.revokes?.others === false;
    if (mayBe && isOffered(this.#env, grant)) this.#add(grant, false, true);
  }

  /** Call when a renewal that was under way has brought the last tokens: these are the ones to revoke. */
  async renewed(grantId: string, grant: Grant): Promise<void> {
    const gone = this.#read().find((one) => one.grantId === grantId);
    if (!gone) return;
    const sealed = await seal(JSON.stringify(grant), grantPlace(gone), this.#env.ENCRYPTION_KEY);
    this.#change(grantId, (one) => ({ ...one, sealed }));
  }

  /** When the object must call `work`, milliseconds since the epoch; null: never. */
  get dueAt(): number | null {
    const times = this.#read().map(({ nextAt }) => nextAt);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Does what is due; one run at a time. */
  work(): Promise<void> {
    this.#working ??= this.#workThrough().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  async #workThrough(): Promise<void> {
    for (const { grantId, nextAt } of this.#read()) if (nextAt <= Date.now()) await this.#try(grantId);
  }

  async #try(grantId: string): Promise<void> {
    const gone = this.#read().find((one) => one.grantId === grantId);
    if (!gone) return;
    // Stored before anything is awaited, so that an object that dies meanwhile does not try without end.
    const tried = gone.tried + 1;
    const pause = Math.max(TRY_MS, RETRY_FIRST_MS * RETRY_FACTOR ** gone.tried);
    this.#change(grantId, (one) => ({ ...one, tried, nextAt: Date.now() + pause }));
    const published = gone.published && !(await this.#unpublished(gone));
    const told = gone.revokes ? await this.#tell(gone) : "done";
    const revokes = told === "again" && tried < MOST_TRIES;
    if (gone.revokes && !revokes && told !== "done") this.#notRevoked(gone, told === "again" ? 0 : told);
    const isOver = !revokes && (!published || tried >= MOST_TRIES);
    this.#change(grantId, (one) => (isOver ? null : { ...one, published, revokes }));
  }

  async #unpublished({ accountId }: Gone): Promise<boolean> {
    try {
      await this.#env.KV.delete(tokenKey(accountId));
      return true;
    } catch {
      return false;
    }
  }

  /** Asks the provider to revoke. `again`: no answer, or none that settles it. A status: the provider has refused with it. */
  async #tell(gone: Gone): Promise<"done" | "again" | number> {
    const flow = kindOf(gone.platform, gone.kind)?.oauth;
    const exit = tokenExit(this.#env, gone.egress);
    const settings = flow && flowSettings(this.#env, flow.name);
    if (!flow?.revokes || !settings || settings.revokeUrl === "" || !exit.ok) return "again";
    let grant: Grant;
    try {
      grant = await openGrant(gone, this.#env);
    } catch (error) {
      record({ event: "credential_unreadable", account: gone.accountId, position: 0, error });
      return "again";
    }
    if (flow.revokes.others) {
      try {
        // Somebody may have signed in since the account was deleted.
        if (await this.#listener.hasAccountOf(gone)) return "done";
      } catch {
        return "again";
      }
    }
    const answer = await askServer(exit.value, settings.revokeUrl, flow.revokes.request(grant));
    if (!answer) return "again";
    if (isRevoked(answer.status, answer.body)) {
      record({ event: "sign_in_revoked", account: gone.accountId });
      return "done";
    }
    const { status } = answer;
    return status >= 500 || status === 408 || status === 429 ? "again" : status;
  }

  #notRevoked({ accountId }: Gone, status: number): void {
    record({ event: "sign_in_not_revoked", account: accountId, status });
  }

  #add(grant: StoredGrant, published: boolean, revokes: boolean): void {
    const { accountId, grantId, baseUrl, egress, platform, kind, sealed } = grant;
    if (this.#read().some((one) => one.grantId === grantId)) return;
    const way = { baseUrl, ...(egress && { egress }) };
    const gone = { accountId, grantId, ...way, platform, kind, sealed, published, revokes, tried: 0 };
    this.#write([...this.#read(), { ...gone, nextAt: Date.now() }]);
  }

  #change(grantId: string, change: (gone: Gone) => Gone | null): void {
    const all = this.#read().map((one) => (one.grantId === grantId ? change(one) : one));
    this.#write(all.filter((one) => one !== null));
  }

  #read(): Gone[] {
    return this.#ctx.storage.kv.get<Gone[]>(GONE) ?? [];
  }

  #write(all: Gone[]): void {
    if (all.length === 0) this.#ctx.storage.kv.delete(GONE);
    else this.#ctx.storage.kv.put(GONE, all);
    this.#listener.rescheduled();
  }
}

/** Whether the provider offers to revoke a sign-in of this kind. */
export function isOffered(env: Env, { platform, kind }: { platform: string; kind: string }): boolean {
  const flow = kindOf(platform, kind)?.oauth;
  return flow?.revokes !== undefined && flowSettings(env, flow.name).revokeUrl !== "";
}
