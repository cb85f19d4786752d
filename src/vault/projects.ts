/**
 * The provider's project in which the requests of a sign-in are made, if the provider has projects (`Flow.project`). It is found when the
 * sign-in is made, stored beside it, and looked for again if the provider says that it is gone; never while a request waits.
 */
import { record } from "../events.ts";
import { DIRECT } from "../providers/egress.ts";
import type { TokenCredential } from "../providers/kind.ts";
import { kindOf } from "../providers/kinds.ts";
import type { ProjectOutcome } from "../providers/oauth/code-assist.ts";
import { exitOf, type Leaving } from "./exit.ts";
import { openToken, type SealedToken, type StoredGrant, sealToken } from "./grant.ts";
import type { GrantStore } from "./grant-store.ts";
import { askForProject } from "./project.ts";
import type { TokenAnswer } from "./tokens.ts";

/** What the vault does for `Projects`. */
export interface Tokens {
  token(grantId: string, refused: number | null): Promise<TokenAnswer>;
  /** The renewal that is under way. */
  readonly renewing: Promise<void> | undefined;
  publish(): Promise<void>;
  readonly listener: ProjectListener;
}

/** What is outside the object. */
export interface ProjectListener {
  /** Requests are made in another project than before. */
  projectChanged(accountId: string): Promise<void>;
  /** Where and how the account's requests leave; null: there is no such account. Throws if D1 cannot say. */
  leaving(accountId: string): Promise<Leaving | null>;
}

export interface WantedProject {
  /** The project that the operator has named; null: the one that Google names. */
  named: string | null;
  /** How the account's requests leave; null: not known, so the way from when the sign-in was made is tried. */
  leaving: Leaving | null;
}

const GONE = { ok: false, refusal: { why: "no_token", ended: true } } as const;

export class Projects {
  readonly #env: Env;
  readonly #store: GrantStore;
  readonly #tokens: Tokens;

  constructor(env: Env, store: GrantStore, tokens: Tokens) {
    this.#env = env;
    this.#store = store;
    this.#tokens = tokens;
  }

  /**
   * Finds the project of the sign-in `grantId`, as the operator wants it, and stores it. When this resolves, the project is durable, and
   * readers get a token with it. May take a minute. Safe to repeat.
   */
  async find(grantId: string, wanted: WantedProject): Promise<ProjectOutcome> {
    const { named } = wanted;
    const found = await this.#ask(grantId, wanted);
    return !found.ok || (await this.#keep(grantId, found.project, named ?? undefined)) ? found : GONE;
  }

  /** The project in which requests are made; null if there is none. */
  get current(): string | null {
    return this.#store.read()?.project ?? null;
  }

  /** Makes `work` look for the project, unless requests are made in the one that the operator named, or the provider has no projects. */
  lookSoon(): void {
    const current = this.#store.read();
    if (!current || current.ended !== null || !hasProjects(current)) return;
    if (current.namedProject !== undefined && current.namedProject === current.project) return;
    this.#store.write({ ...current, lookForProjectAt: Date.now() });
  }

  /** Looks for the project if that is due. */
  async work(): Promise<void> {
    const current = this.#store.read();
    if (current?.lookForProjectAt === undefined || current.ended !== null) return;
    // One try only: a request that is refused for want of a project reports it again.
    const { lookForProjectAt: _, ...before } = current;
    this.#store.write(before);
    const { grantId, accountId, project, namedProject } = before;
    const found = await this.#ask(grantId, {
      named: namedProject ?? null,
      leaving: await this.#leaving(accountId),
    });
    if (!found.ok) return record({ event: "project_not_found", account: accountId, why: found.refusal.why });
    if (found.project === project) return;
    // The operator may have named another project meanwhile.
    const isKept = await this.#keep(grantId, found.project, namedProject, (now) => now.namedProject === namedProject);
    if (isKept) await this.#tokens.listener.projectChanged(accountId);
  }

  async #ask(grantId: string, { named, leaving }: WantedProject): Promise<ProjectOutcome> {
    for (let refused: number | null = null; ; ) {
      const answer = await this.#tokens.token(grantId, refused);
      const current = this.#store.read();
      if (current?.grantId !== grantId) return GONE;
      const credential = answer.state === "token" ? await this.#open(answer.token, current) : null;
      if (answer.state !== "token" || !credential) {
        return { ok: false, refusal: { why: "no_token", ended: answer.state === "ended" } };
      }
      const way = leaving ?? wayBefore(current);
      const exit = await exitOf(this.#env, way);
      if (!exit.ok) return { ok: false, refusal: { why: "no_way", message: exit.refusal } };
      const found = await askForProject(exit.value, way.baseUrl, credential.access, named);
      const isRefused = !found.ok && found.refusal.why === "refused" && found.refusal.status === 401;
      if (!isRefused || refused !== null) return found;
      // The token was ended early, or was brought here with a wrong end.
      refused = answer.token.version;
    }
  }

  async #leaving(accountId: string): Promise<Leaving | null> {
    try {
      return await this.#tokens.listener.leaving(accountId);
    } catch {
      return null;
    }
  }

  /** Stores the project. False: the sign-in is not there any more, or `mayChange` refuses. */
  async #keep(
    grantId: string,
    project: string,
    namedProject: string | undefined,
    mayChange: (stored: StoredGrant) => boolean = () => true,
  ): Promise<boolean> {
    for (;;) {
      // A renewal is stored only if the version is the one with which it began, so one that is under way comes first.
      await this.#tokens.renewing?.catch(() => undefined);
      const current = this.#store.read();
      if (current?.grantId !== grantId) return false;
      const version = current.version + 1;
      const credential = await this.#open(current.token, current);
      if (!credential) return false;
      const token = await sealToken({ ...credential, version, project }, current, this.#env);
      const stored = this.#store.read();
      const isSame = stored?.sealed === current.sealed && stored.token.sealed === current.token.sealed;
      if (!stored || !isSame || this.#tokens.renewing) continue;
      if (!mayChange(stored)) return false;
      const { namedProject: _, lookForProjectAt: __, ...kept } = stored;
      const changed = project === current.project ? {} : { version, token, project };
      this.#store.write({ ...kept, ...changed, ...(namedProject !== undefined && { namedProject }) });
      await this.#store.sync();
      await this.#tokens.publish();
      return true;
    }
  }

  /** Null if it does not open; that passes when the right ENCRYPTION_KEY is back. */
  async #open(token: SealedToken, stored: StoredGrant): Promise<TokenCredential | null> {
    try {
      return await openToken(token, stored, this.#env);
    } catch (error) {
      record({ event: "credential_unreadable", account: stored.accountId, position: 0, error });
      return null;
    }
  }
}

/** The way from when the sign-in was made. Its gateway's headers are not known, so a gateway that wants some refuses the request. */
function wayBefore({ accountId: id, baseUrl, egress = DIRECT }: StoredGrant): Leaving {
  return { id, baseUrl, egress, egressHeaders: null };
}

function hasProjects({ platform, kind }: StoredGrant): boolean {
  return kindOf(platform, kind)?.oauth?.project !== undefined;
}
