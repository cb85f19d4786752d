/** How much there is of each part: counted before a restore, and again after it. */
import { PARTS, plainPart, SETTINGS } from "../../backup/parts.ts";
import { schemaNumber } from "../../backup/schema-number.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import type { PartTotals, TotalsView } from "./schema.ts";

const TOKENS = ["input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens", "output_tokens"];

/** Reads every row once. */
export async function readTotals({ env }: VerbContext): Promise<VerbResult<TotalsView>> {
  // The Keepers hold the sign-ins.
  const counted = PARTS.filter((part) => part !== "sign_ins");
  const results = await env.DB.batch<Omit<PartTotals, "part">>(
    counted.map((part) => {
      const columns = plainPart(part)?.columns ?? [];
      const sums = [
        ...(columns.includes("requests") ? ["coalesce(sum(requests), 0) AS requests"] : []),
        ...(columns.includes("output_tokens") ? [`coalesce(sum(${TOKENS.join(" + ")}), 0) AS tokens`] : []),
        ...(columns.includes("cost_nanos") ? ["coalesce(sum(cost_nanos), 0) AS cost_nanos"] : []),
      ];
      const some = part === "settings" ? `WHERE name IN (${SETTINGS.map((name) => `'${name}'`).join(", ")})` : "";
      return env.DB.prepare(`SELECT ${["count(*) AS rows", ...sums].join(", ")} FROM ${part} ${some}`);
    }),
  );
  const totals = counted.map((part, at): PartTotals => ({ part, ...(results[at]?.results[0] ?? { rows: 0 }) }));
  return { ok: true, value: { schema: await schemaNumber(env.DB), totals } };
}
