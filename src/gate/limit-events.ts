/**
 * Records that a key comes near a limit, with a flush and never with a request. A gate records each step once in its life. D1 sees to
 * it that an operator is told once in a period (src/alerts/outbox.ts).
 */
import { type RelayEvent, record } from "../events.ts";
import { type Allowance, usedShare } from "../ground/allowance.ts";
import { HOUR_MS } from "../ground/durations.ts";

/** Below half of a limit nobody is told, whatever the settings say. */
const NEAR_PERCENT = 50;
const STEP_PERCENT = 5;
/** A shorter window is not reported: one that begins anew every few minutes is full every few minutes. */
const SHORTEST_WINDOW_MS = HOUR_MS;

type LimitEvent = Extract<RelayEvent, { event: "key_limit_near" | "key_limit_reached" }>;

/** The events of the limits that are half used or more. `windowMs` null: the key has no window. Pure. */
export function limitEvents(key: string, allowances: readonly Allowance[], windowMs: number | null): LimitEvent[] {
  return allowances.flatMap((allowance): LimitEvent[] => {
    const { of: limit, resetAt } = allowance;
    if (limit.startsWith("window_") && (windowMs ?? 0) < SHORTEST_WINDOW_MS) return [];
    const percent = Math.floor(100 * usedShare(allowance));
    if (percent < NEAR_PERCENT) return [];
    const resets_at = resetAt === null ? null : new Date(resetAt).toISOString();
    const event = percent >= 100 ? "key_limit_reached" : "key_limit_near";
    return [{ event, key, limit, percent: Math.min(100, percent - (percent % STEP_PERCENT)), resets_at }];
  });
}

export class LimitEvents {
  /** Limit and period → the highest step (in percent) that was recorded. */
  #said = new Map<string, number>();

  look(key: string, allowances: readonly Allowance[], windowMs: number | null): void {
    const next = new Map<string, number>();
    for (const event of limitEvents(key, allowances, windowMs)) {
      const period = `${event.limit}/${event.resets_at}`;
      const before = this.#said.get(period) ?? 0;
      next.set(period, Math.max(before, event.percent));
      if (event.percent > before) record(event);
    }
    this.#said = next;
  }
}
