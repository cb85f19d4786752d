/**
 * Fields of an account or a key as somebody types them, `name=value`. The value is read as JSON if it is any (numbers, true, null, lists),
 * else as text. The relay decides which fields exist and what they may be, and names those that it refuses. Pure.
 */
import { parse } from "../../src/ground/json.ts";
import { failed, type Outcome } from "./failure.ts";

export type Fields = Record<string, unknown>;

/** Collects an option that may be given several times. */
export function several(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export function fieldsIn(pairs: readonly string[] = [], unset: readonly string[] = []): Outcome<Fields> {
  const fields: Fields = Object.fromEntries(unset.map((name) => [name, null]));
  for (const pair of pairs) {
    const [, name, value] = /^([a-z_]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined) {
      return failed("usage", `${pair} is not field=value.`, "The fields stand in docs/admin-api.md.");
    }
    const json = parse(value);
    fields[name] = json === undefined ? value : json;
  }
  return { ok: true, value: fields };
}
