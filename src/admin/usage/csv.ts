/**
 * Usage as CSV (RFC 4180): one line for each group, in the groups' own order and not the report's. So several files together have each
 * group once, whatever is booked while they are read. A file has few enough lines that writing them fits into the free plan's CPU;
 * `x-next-cursor` continues it.
 */
import { writeCursor } from "../../backup/cursor.ts";
import type { VerbContext, VerbResult } from "../api/context.ts";
import { groupKeyOf } from "./query.ts";
import { type ExportUsage, USAGE_GROUPS, type UsageItem } from "./schema.ts";
import { itemOf, readSums } from "./verbs.ts";

export const LINES_PER_FILE = 500;

export interface UsageFile {
  body: string;
  /** Null if nothing follows. */
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

/** Spreadsheets execute what begins with one of these characters, also in full width (OWASP, CSV injection). */
const FORMULA = /^[=+\-@＝＋－＠\t\n\r]/;

/** The same for programs that split lines at semicolons, even inside quotes, as in countries with a decimal comma. */
const FORMULA_WITHIN = /(?<=[;\t\n\r])(?=[=+\-@＝＋－＠])/g;

/** Texts are quoted, with an apostrophe if a spreadsheet would execute them. Null is empty. */
function cellOf(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (value === null || value === undefined || value === "") return "";
  const text = String(value);
  const safe = text.replaceAll(FORMULA_WITHIN, "'").replaceAll('"', '""');
  return `"${FORMULA.test(text) ? "'" : ""}${safe}"`;
}
