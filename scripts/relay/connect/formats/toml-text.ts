/** Names and values in TOML's notation. */
import type { Json } from "./format.ts";

export function nameText(name: string): string {
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}

/** TOML's basic strings have JSON's escapes. */
export function valueText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, inner]) => `${nameText(name)} = ${valueText(inner)}`);
  return `{ ${members.join(", ")} }`;
}
