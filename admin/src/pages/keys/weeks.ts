/** The last seven days of the shown keys: one request for a page of them, repeated when the answer is too old. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type AdminClient, ask } from "../../api.ts";

export interface Week {
  /** One value per day, today last. */
  cost_usd: readonly string[];
  requests: readonly number[];
}

export interface Weeks {
  /** By the key's id. A missing key is not known yet. */
  known: ReadonlySignal<ReadonlyMap<string, Week>>;
  want(ids: readonly string[]): void;
}

/** The figures change by the day, so a list that is opened again within this time does not read them again. */
const FRESH_MS = 5 * 60_000;
const AT_ONCE = 100;

export function createWeeks(client: AdminClient): Weeks {
  const known = signal<ReadonlyMap<string, Week>>(new Map());
  const askedAt = new Map<string, number>();

  async function read(ids: readonly string[]): Promise<void> {
    const answer = await ask(client.admin.usage.keys.$get({ query: { key_ids: ids.join(",") } }));
    if (answer.ok) {
      known.value = new Map([
        ...known.value,
        ...answer.value.items.map(({ key_id, cost_usd, requests }) => [key_id, { cost_usd, requests }] as const),
      ]);
      return;
    }
    // Very busy keys have more sums than one answer reads.
    if (answer.problem.status !== 400 || ids.length === 1) return;
    const half = Math.ceil(ids.length / 2);
    await read(ids.slice(0, half));
    await read(ids.slice(half));
  }

  return {
    known,
    want(ids) {
      const now = Date.now();
      const old = ids.filter((id) => now - (askedAt.get(id) ?? 0) > FRESH_MS);
      for (const id of old) askedAt.set(id, now);
      for (let at = 0; at < old.length; at += AT_ONCE) void read(old.slice(at, at + AT_ONCE));
    },
  };
}

/** The values of the line: the cost of the days, or, for a key without cost, its requests. Pure. */
export function lineOf({ cost_usd, requests }: Week): readonly number[] {
  const costs = cost_usd.map(Number);
  return costs.some((cost) => cost > 0) ? costs : requests;
}

export function sumOf(week: Week): { cost: number; requests: number } {
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  return { cost: sum(week.cost_usd.map(Number)), requests: sum(week.requests) };
}
