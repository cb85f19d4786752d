/**
 * How other relays write numbers, switches, times and lists: as such, or as text. Each accepts anything, and gives undefined for no value.
 */
import * as z from "zod";
import { array, isObject, parse } from "../../../src/ground/json.ts";

/** A value that may be missing. */
const anything = z.unknown().optional();

/** A text that is not blank. */
export const words = anything.transform((value) => {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text.trim() !== "" ? text.trim() : undefined;
});

export const amount = anything.transform((value) => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
});

/** A limit. 0 and less stand for none. */
export const limit = amount.transform((value) => (value !== undefined && value > 0 ? value : undefined));

export const toggle = anything.transform((value) => {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === 1 || value === "1") return true;
  return value === "false" || value === 0 || value === "0" ? false : undefined;
});

/** ISO 8601, or seconds or milliseconds since the epoch, as milliseconds. */
export const moment = anything.transform((value) => {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === "number") return number > 0 ? (number < 1e11 ? number * 1_000 : number) : undefined;
  const time = typeof number === "string" && number !== "" ? Date.parse(number) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
});

/** JSON, or JSON as text. */
export const json = anything.transform((value) => (typeof value === "string" ? parse(value) : value));

/** The texts of a list. */
export const list = json.transform(
  (value) => array(value).filter((item) => typeof item === "string" && item !== "") as string[],
);

/** Texts by name. */
export const pairs = json.transform((value): Record<string, string> => {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter((pair): pair is [string, string] => typeof pair[1] === "string" && pair[1] !== ""),
  );
});

/** Dollars in the API's form: with at most nine decimals, and never as 1e-7. */
export function dollars(amount: number): string {
  return amount.toFixed(9).replace(/\.?0+$/, "");
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}
