/** A key's row in D1. Its gate reads it if nobody has told it the policy, and again with its alarm. */
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeys } from "../store/schema.ts";
import { type GateState, takeKey } from "./state.ts";

/** A key without a row in D1 is not looked for again within this time. */
const UNKNOWN_FOR_MS = 5_000;

export class KeyRow {
  readonly #env: Pick<Env, "DB">;
  #reading: Promise<void> | undefined;
  #unknownUntil = 0;

  constructor(env: Pick<Env, "DB">) {
    this.#env = env;
  }

  /** Looks for a key that was never used here. Rejects if D1 does not answer. */
  async lookUp(keyId: string, state: GateState): Promise<void> {
    if (Date.now() < this.#unknownUntil) return;
    this.#reading ??= this.read(keyId, state).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** Takes the key as D1 has it, unless somebody has told of a later change. Rejects if D1 does not answer. */
  async read(keyId: string, state: GateState): Promise<void> {
    const found = await lookUpKey(this.#env.DB, keyId);
    // An administrator's change may have come in the meantime.
    if (found.policyVersion >= state.policyVersion) takeKey(state, found);
    if (!state.policy) this.#unknownUntil = Date.now() + UNKNOWN_FOR_MS;
  }

  /** Call when somebody has told of the key: it may exist now. */
  told(): void {
    this.#unknownUntil = 0;
  }
}

/** Rejects if D1 does not answer. */
async function lookUpKey(
  db: D1Database,
  keyId: string,
): Promise<Pick<GateState, "policy" | "policyVersion" | "owner">> {
  const [row] = await drizzle(db).select().from(apiKeys).where(eq(apiKeys.id, keyId));
  return {
    policy: row && row.deletedAt === null ? row.policy : null,
    policyVersion: row?.updatedAt ?? 0,
    owner: row?.owner ?? null,
  };
}
