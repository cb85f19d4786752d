import { vi } from "vitest";

/** Repeats it until it does not throw any more, for as long as a busy machine may need; its answer. */
export function eventually<Answer>(holds: () => Answer | Promise<Answer>): Promise<Answer> {
  return vi.waitFor(holds, { timeout: 60_000, interval: 20 });
}
