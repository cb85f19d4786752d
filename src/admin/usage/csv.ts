/**
 * Usage as CSV (RFC 4180): one line for each group, in their own order and not the report's: several files have each of them once,
 * whatever is booked while they are read. Few enough lines are in a file that writing them fits into the free plan's CPU;
 * `x-next-cursor` goes on.
 */
import { writeCursor } from "../../backup/cursor.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { groupKeyOf } from "./query.ts";
import { type ExportUsage, USAGE_GROUPS, type UsageItem } from "./schema.ts";
import { itemOf, readSums } from "./verbs.ts";

export const LINES_PER_FILE = 500;

export interface UsageFile {
  body: string;
  /** Null where nothing follows. */
  nextCursor: string | null;
}

export async function exportUsage(context: VerbContext, input: ExportUsage): Promise<VerbResult<UsageFile>> {
  const read = await readSums(context, input, LINES_PER_FILE, 0, { after: input.cursor ?? null });
  if (!read.ok) return read;
  const { groups, rows } = read.value;
  const shown = USAGE_GROUPS.filter((group) => groups.includes(group)).flatMap((group) => GROUP_COLUMNS[group]);
  const page = rows.slice(0, LINES_PER_FILE);
  const lines = page.map((row) => {
    const item = itemOf(row, groups);
    const cells = [...shown.map((name) => item[name] ?? ""), ...Object.values(figuresOf(item))];
    return cells.map(cellOf).join(",");
  });
  const last = page.at(-1);
  const header = [...shown, ...Object.keys(figuresOf(itemOf(read.value.totals, groups)))].join(",");
  return {
    ok: true,
    value: {
      body: [header, ...lines, ""].join("\r\n"),
      nextCursor: last && rows.length > page.length ? writeCursor(groupKeyOf(last)) : null,
    },
  };
}

const GROUP_COLUMNS: Record<(typeof USAGE_GROUPS)[number], (keyof UsageItem)[]> = {
  key: ["key_id", "key_name"],
  account: ["account_id", "account_name"],
  model: ["model"],
  hour: ["hour"],
  day: ["day"],
  tag: ["tag"],
  client: ["client"],
  platform: ["platform"],
  group: ["group_id", "group_name"],
};

const NAMES = new Set<string>(Object.values(GROUP_COLUMNS).flat());

/** The sums of an item, each under a name of its own. */
function figuresOf(item: UsageItem): Record<string, number | string | null> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]): [string, number | string | null][] => {
      if (NAMES.has(name)) return [];
      if (typeof value !== "object" || value === null) return [[name, value]];
      const parts: [string, number | null][] = Object.entries(value);
      return parts.map(([part, figure]) => [`${name}_${part}`, figure]);
    }),
  );
}

/** Spreadsheets run what begins with one of these, in full width too (OWASP, CSV injection). */
const FORMULA = /^[=+\-@＝＋－＠\t\n\r]/;

/** The same where a line is split at semicolons, whatever stands in quotes: where a comma begins decimals. */
const FORMULA_WITHIN = /(?<=[;\t\n\r])(?=[=+\-@＝＋－＠])/g;

/** Texts are quoted, and made text where a spreadsheet would run them; null is empty. */
function cellOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (value === null || value === undefined || value === "") return "";
  const text = String(value);
  const safe = text.replaceAll(FORMULA_WITHIN, "'").replaceAll('"', '""');
  return `"${FORMULA.test(text) ? "'" : ""}${safe}"`;
}
