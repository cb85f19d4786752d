/** Where an account's Keeper keeps its sign-in. Whoever has waited for something reads it again. */
import type { StoredGrant } from "./grant.ts";

const GRANT = "grant";

export class GrantStore {
  readonly #storage: DurableObjectStorage;
  readonly #changed: () => void;

  /** `changed` is told of each write: something else may be due. */
  constructor(storage: DurableObjectStorage, changed: () => void) {
    this.#storage = storage;
    this.#changed = changed;
  }

  read(): StoredGrant | undefined {
    return this.#storage.kv.get<StoredGrant>(GRANT);
  }

  write(grant: StoredGrant): void {
    this.#storage.kv.put(GRANT, grant);
    this.#changed();
  }

  delete(): void {
    this.#storage.kv.delete(GRANT);
    this.#changed();
  }

  /** Until what was written is durable. */
  sync(): Promise<void> {
    return this.#storage.sync();
  }

  /** Whether nothing has taken its place: another sign-in, or a newer set of tokens. */
  isCurrent({ grantId, version }: StoredGrant): boolean {
    const current = this.read();
    return current?.grantId === grantId && current.version === version && current.ended === null;
  }

  /** What is stored of it by now: its token may have been published meanwhile. */
  latest(before: StoredGrant): StoredGrant {
    return this.read() ?? before;
  }
}
