/**
 * Members of Google's requests. Google's APIs are protocol buffers in JSON: a member has a name in camelCase and one with underscores,
 * numbers may be strings, and a single value may stand for a list of one.
 */
import { isObject } from "../../../ground/json.ts";
import type { Json } from "../hub.ts";

/** The member `name` (given in camelCase) under either of its names; null if absent. */
export function member(value: Json, name: string): unknown {
  return value[name] ?? value[snake(name)] ?? null;
}

const SNAKES = new Map<string, string>();

/** The name with underscores. Called with the few names that this folder reads. */
function snake(name: string): string {
  let known = SNAKES.get(name);
  if (known === undefined) {
    known = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    SNAKES.set(name, known);
  }
  return known;
}

/** The camelCase form of a name in a request. A name with a capital letter stays: Google knows no mixture of the two forms. */
export function camel(name: string): string {
  return /[A-Z]/.test(name) ? name : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function objectAt(value: Json, name: string): Json | null {
  const found = member(value, name);
  return isObject(found) ? found : null;
}

/** A text that is not blank; else null. */
export function textAt(value: Json, name: string): string | null {
  const found = member(value, name);
  return typeof found === "string" && found !== "" ? found : null;
}

export function listAt(value: Json, name: string): unknown[] {
  const found = member(value, name);
  if (found === null) return [];
  return Array.isArray(found) ? found : [found];
}

/** Null if the value is no number. */
export function numberAt(value: Json, name: string): number | null {
  const found = member(value, name);
  const number = typeof found === "string" && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(found) ? Number(found) : found;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}
