import { vi } from "vitest";

/** Repeats it until it no longer throws, for as long as a busy machine may need. Returns its answer. */
export function eventually<Answer>(holds: () => Answer | Promise<Answer>): Promise<Answer> {
  return vi.waitFor(holds, { timeout: 60_000, interval: 20 });
}
