/** What the clients are refused for, each in its own rows: docs/client-behaviour.md has what they make of it. */
import type { Refusal } from "./client.ts";

/** A key that may use no model. */
export const DENIED = { denied_models: ["*"] };
/** A key whose budget one request uses up. */
export const SPENT = { key: { total_cost_limit_usd: "0.000001" }, spent: true } as const;

/** A row's own part for each refusal, by the end of its name. */
export function refusals(table: Record<string, Refusal>) {
  return Object.entries(table).map(([name, refusal]) => ({ name, refusal, expects: "refusal" as const }));
}
