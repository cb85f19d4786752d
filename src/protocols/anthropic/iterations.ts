/**
 * What a Messages answer has used beyond the turns of its own model. The top-level figures leave three things out: the summary
 * that makes room in a long context, the advice of another model, and the answer of a model that stood in for one that declined.
 * Facts: the types of the `anthropic` package 1.11 (`usage.iterations`).
 */
import { array, object } from "../../ground/json.ts";
import { NO_USAGE, type Usage, usageOfFields } from "../../vocabulary.ts";
import type { OtherUsage } from "../meter.ts";

/** Returns all that was used, and which part of it belongs to another model. `read` reads the counts of one turn. */
export function withIterations(
  top: Usage,
  counts: Record<string, unknown> | undefined,
  read: (counts: Record<string, unknown>) => Usage,
): { usage: Usage; others?: OtherUsage[] } {
  const turns = array(counts?.iterations)
    .map(object)
    .flatMap((turn) => (turn ? [turn] : []));
  const others: OtherUsage[] = [];
  for (const turn of turns) {
    const isOther = turn.type === "advisor_message" || turn.type === "fallback_message";
    if (isOther && typeof turn.model === "string") others.push({ model: turn.model, usage: read(turn) });
  }
  // If another model stood in, the top-level figures are those of its turn only. So all turns are added up instead.
  const stoodIn = turns.some((turn) => turn.type === "fallback_message");
  const besides = turns.filter((turn) => stoodIn || turn.type === "compaction" || turn.type === "advisor_message");
  if (besides.length === 0) return { usage: top };
  const known = stoodIn ? { ...NO_USAGE, webSearches: top.webSearches } : top;
  const usage = besides.reduce<Usage>((sum, turn) => added(sum, read(turn)), known);
  return others.length > 0 ? { usage, others } : { usage };
}

function added(a: Usage, b: Usage): Usage {
  return usageOfFields((field) => a[field] + b[field]);
}
