/** Why clients are refused, each in rows of its own. docs/client-behaviour.md tells how they react. */
import type { Refusal } from "./client.ts";

/** A key that may use no model. */
export const DENIED = { denied_models: ["*"] };
/** A key whose budget is used up by one request. */
export const SPENT = { key: { total_cost_limit_usd: "0.000001" }, spent: true } as const;

/** The part of a row for each refusal, by the end of its name. */
export function refusals(table: Record<string, Refusal>) {
  return Object.entries(table).map(([name, refusal]) => ({ name, refusal, expects: "refusal" as const }));
}
