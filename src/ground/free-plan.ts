/** Recognises that a daily allowance of the free plan is used up, by what Cloudflare says until 00:00 UTC. Pure. */
import { DAY_MS } from "./durations.ts";

export type UsedUp = "objects" | "d1";

/** In every such error: "Exceeded allowed rows written in Durable Objects free tier", "exceeded D1's free tier daily …". */
const OBJECTS = /exceeded allowed .{0,60}\bDurable Objects free tier/i;
const D1 = /exceeded D1's free tier/i;

/** The allowance that is used up, by an error; null: it says nothing of the kind. */
export function allowanceUsedUp(error: unknown): UsedUp | null {
  const text = error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : String(error);
  if (OBJECTS.test(text)) return "objects";
  return D1.test(text) ? "d1" : null;
}

/** When an allowance is there again, milliseconds since the epoch. */
export function allowanceResetAt(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}
