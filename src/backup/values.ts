/**
 * Which values the columns of a table may hold. SQLite accepts any value in any column, and the code that reads a row trusts it. A single
 * row with a wrong value would prevent the accounts of all others from being read. Pure.
 */
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { DAY_MS, HOUR_MS } from "../ground/durations.ts";
import { isObject, parse } from "../ground/json.ts";
import { OPEN_POLICY } from "../keys/policy.ts";
import type { Value } from "./file/page.ts";
import type { GivenRows } from "./write.ts";

/** Far beyond what anybody enters. The sum of a time and a duration is still a time that can be written as text. */
export const LATEST_MS = 7e15;
const LONGEST_MS = 1e15;

/** For columns of times: how many milliseconds their unit has. */
const TIMES: readonly [name: RegExp, ms: number][] = [
  [/(?:^|_)(?:at|time)$/, 1],
  [/^hour$/, HOUR_MS],
  [/^day$/, DAY_MS],
];

/** What the readers of a JSON column rely on. A column that is not listed must be an object. */
const SHAPES: Record<string, (value: unknown) => boolean> = {
  protocols: areTexts,
  allowed_models: areTexts,
  tags: areTexts,
  alerts: areTexts,
  targets: areTargets,
  attempts: (value) => Array.isArray(value) && value.every(isObject),
  model_mapping: isMapping,
  extra_headers: isMapping,
  shown: isMapping,
  egress: (value) => isObject(value) && typeof value.via === "string",
  policy: isPolicy,
};

/** The first value that its column may not hold, in words; null if there is none. Ignores columns that the table does not have. */
export function valueProblem(table: SQLiteTable, { part, columns, rows }: GivenRows): string | null {
  const known = getTableConfig(table).columns.flatMap(({ name, dataType, notNull }) => {
    const at = columns.indexOf(name);
    return at < 0 ? [] : [{ at, name, notNull, holds: holderOf(name, dataType) }];
  });
  for (const row of rows) {
    for (const { at, name, notNull, holds } of known) {
      const value = row[at] ?? null;
      const fits = value === null ? !notNull : holds(value);
      if (!fits) return `${part} has a row whose ${name} cannot be read`;
    }
  }
  return null;
}

/** Made once for each column, because a page has thousands of values. */
function holderOf(name: string, type: string): (value: Exclude<Value, null>) => boolean {
  if (type === "number" || type === "boolean") {
    const [, ms] = TIMES.find(([pattern]) => pattern.test(name)) ?? [];
    const most = ms === undefined ? Number.MAX_SAFE_INTEGER : LATEST_MS / ms;
    return (value) => typeof value === "number" && Math.abs(value) <= most;
  }
  if (type !== "json") return (value) => typeof value === "string";
  const fits = SHAPES[name] ?? isObject;
  return (value) => typeof value === "string" && fits(parse(value));
}

/** For a column or a secret: texts by names. */
export function isMapping(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((one) => typeof one === "string");
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function areTargets(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => isObject(one) && typeof one.model === "string");
}

/** A policy of an earlier version may lack members. */
function isPolicy(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.entries(OPEN_POLICY).every(([name, open]) => {
    const own = value[name];
    if (own === undefined) return true;
    if (Array.isArray(open)) return areTexts(own);
    if (isObject(open)) return isObject(own) && Object.values(own).every(areTargets);
    if (open !== null) return typeof own === typeof open;
    if (own === null || name.startsWith("bound")) return own === null || typeof own === "string";
    const most = name.endsWith("At") ? LATEST_MS : name.endsWith("Ms") ? LONGEST_MS : Number.MAX_SAFE_INTEGER;
    return typeof own === "number" && Math.abs(own) <= most;
  });
}
