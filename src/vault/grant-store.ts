/** Where an account's Keeper keeps its sign-in. After each `await`, read it again: it may have changed. */
import type { StoredGrant } from "./grant.ts";

const GRANT = "grant";

export class GrantStore {
  readonly #storage: DurableObjectStorage;
  readonly #changed: () => void;

  /** `changed` is called with each write, because something else may be due then. */
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

  /** Resolves when everything that was written is durable. */
  sync(): Promise<void> {
    return this.#storage.sync();
  }

  /** Whether the grant is still the stored one: no other sign-in and no newer tokens have replaced it, and it has not ended. */
  isCurrent({ grantId, version }: StoredGrant): boolean {
    const current = this.read();
    return current?.grantId === grantId && current.version === version && current.ended === null;
  }

  /** The grant as it is stored now: its token may have been published meanwhile. */
  latest(before: StoredGrant): StoredGrant {
    return this.read() ?? before;
  }
}
