/** Counts a relay's rows again after a restore, and compares them with the backup and with the rows before. Pure. */
import type { PartTotals } from "../../../src/admin/backup/schema.ts";
import type { Contents, Sums } from "./reading.ts";
import type { Report } from "./sending.ts";

export interface Counted {
  part: string;
  /** How many rows the backup has; below, how many the relay has now. */
  rows: { backup: number; here: number };
  /** What is wrong; null: nothing. */
  problem: string | null;
}

const SUMS = ["requests", "tokens", "cost_nanos"] as const;

export function countAgain(
  contents: Contents,
  report: Report,
  before: readonly PartTotals[],
  after: readonly PartTotals[],
): Counted[] {
  return after.flatMap((now): Counted[] => {
    const backup = contents.rows[now.part] ?? 0;
    if (backup === 0) return [];
    const then = before.find(({ part }) => part === now.part);
    const made = report[now.part]?.made ?? 0;
    const problem = problemOf(now, then, made, backup, contents.sums[now.part]);
    return [{ part: now.part, rows: { backup, here: now.rows }, problem }];
  });
}

/** A restore adds rows to the audit trail, and a running relay books more. So more rows than expected are no problem. */
function problemOf(
  now: PartTotals,
  then: PartTotals | undefined,
  made: number,
  backup: number,
  sums: Sums | undefined,
): string | null {
  const had = then?.rows ?? 0;
  if (now.rows < had + made) return `${had} were here and ${made} were made, and ${now.rows} are here now`;
  if (had > 0 || made < backup || !sums) return null;
  const lower = SUMS.find((name) => now[name] !== undefined && now[name] < sums[name]);
  return lower === undefined ? null : `${lower} come to ${now[lower]} here, and to ${sums[lower]} in the backup`;
}
