/**
 * The queue of requests that wait for a lease of their key, first come first served. It lives in the object's memory: a waiting call
 * keeps the object awake, so hibernation loses nothing.
 */

type Attempt<Value> = () => Value | null;

interface Waiter {
  retry: () => void;
  leave: () => void;
}

export class Waiting {
  readonly #queue = new Map<string, Waiter>();

  get size(): number {
    return this.#queue.size;
  }

  /**
   * Tries again whenever a lease comes free. Resolves with what `attempt` gives. Null if `size` others wait already, if `timeoutMs` has
   * passed, or if the wait is given up or begun again under the same id.
   */
  async wait<Value>(id: string, size: number, timeoutMs: number, attempt: Attempt<Value>): Promise<Value | null> {
    this.leave(id);
    if (this.#queue.size >= size) return null;
    return new Promise((resolve) => {
      const finish = (value: Value | null) => {
        clearTimeout(timer);
        this.#queue.delete(id);
        resolve(value);
      };
      const retry = () => {
        const value = attempt();
        if (value !== null) finish(value);
      };
      const timer = setTimeout(() => finish(null), timeoutMs);
      this.#queue.set(id, { retry, leave: () => finish(null) });
    });
  }

  /** Ends a wait. False: nothing waits under this id. */
  leave(id: string): boolean {
    const waiter = this.#queue.get(id);
    waiter?.leave();
    return waiter !== undefined;
  }

  /** Lets those that wait try again, in order of arrival. Call after whatever may have made room. */
  wake(): void {
    // A request that is let in may wake others, and one that has left must not be let in.
    for (const [id, waiter] of [...this.#queue]) if (this.#queue.get(id) === waiter) waiter.retry();
  }
}
