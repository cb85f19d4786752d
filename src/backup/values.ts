/**
 * What the columns of a table hold: SQLite takes any value in any column, and whoever reads a row here trusts it. One row that is not
 * what it should be would keep the accounts of all others from being read. Pure.
 */
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { isObject, parse } from "../ground/json.ts";
import { OPEN_POLICY } from "../keys/policy.ts";
import type { Value } from "./file/page.ts";
import type { GivenRows } from "./write.ts";

/** What the readers of a column of JSON go by; of one that is not here that it is an object. */
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

/** The first value that its column does not hold, in words; null where there is none. What is no column of the table is not looked at. */
export function valueProblem(table: SQLiteTable, { part, columns, rows }: GivenRows): string | null {
  const known = getTableConfig(table).columns.flatMap((column) => {
    const at = columns.indexOf(column.name);
    return at < 0 ? [] : [{ at, name: column.name, type: column.dataType, notNull: column.notNull }];
  });
  for (const row of rows) {
    for (const { at, name, type, notNull } of known) {
      const value = row[at] ?? null;
      const fits = value === null ? !notNull : isOfType(name, type, value);
      if (!fits) return `${part} has a row whose ${name} cannot be read`;
    }
  }
  return null;
}

function isOfType(name: string, type: string, value: Value): boolean {
  if (type === "number" || type === "boolean") return typeof value === "number";
  if (typeof value !== "string") return false;
  return type !== "json" || (SHAPES[name] ?? isObject)(parse(value));
}

/** Of a column or of a secret: texts by names. */
export function isMapping(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((one) => typeof one === "string");
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function areTargets(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => isObject(one) && typeof one.model === "string");
}

/** One of an earlier version may lack members. */
function isPolicy(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.entries(OPEN_POLICY).every(([name, open]) => {
    const own = value[name];
    if (own === undefined) return true;
    if (Array.isArray(open)) return areTexts(own);
    if (isObject(open)) return isObject(own) && Object.values(own).every(areTargets);
    if (open !== null) return typeof own === typeof open;
    return own === null || typeof own === (name.startsWith("bound") ? "string" : "number");
  });
}
