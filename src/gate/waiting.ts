/**
 * Requests that wait for a lease of their key, first come first served. Lives in the object's memory: a waiting
 * call keeps the object awake, so nothing is lost to hibernation.
 */

type Attempt<Value> = () => Value | null;

export class Waiting {
  readonly #queue = new Set<() => void>();

  /**
   * Tries again whenever a lease comes free. Resolves with what `attempt` gives, or null when `size` others wait
   * already or `timeoutMs` has passed.
   */
  async wait<Value>(size: number, timeoutMs: number, attempt: Attempt<Value>): Promise<Value | null> {
    if (this.#queue.size >= size) return null;
    return new Promise((resolve) => {
      const finish = (value: Value | null) => {
        clearTimeout(timer);
        this.#queue.delete(retry);
        resolve(value);
      };
      const retry = () => {
        const value = attempt();
        if (value !== null) finish(value);
      };
      const timer = setTimeout(() => finish(null), timeoutMs);
      this.#queue.add(retry);
    });
  }

  /** Lets the waiting try in order of arrival. Call after whatever may have made room. */
  wake(): void {
    for (const retry of [...this.#queue]) retry();
  }
}
