/** Which models of a table are of one family, as far as their names say so. Pure. */
import { namesOf } from "./resolve.ts";
import type { ModelPrice, PriceTable } from "./table.ts";

const BETWEEN_WORDS = /[-_.:/@]/;

/** Models whose names begin as this one's does, by as many words as any does: `claude-opus-9` is of `claude-opus-…`. None where not one word is the same. */
export function familyOf(table: PriceTable, model: string): [name: string, price: ModelPrice][] {
  const words = ([...namesOf(model)].at(-1) ?? "").toLowerCase().split(BETWEEN_WORDS);
  const all = Object.entries(table);
  for (let count = words.length - 1; count > 0; count--) {
    const family = all.filter(([name]) => {
      const others = name.split(BETWEEN_WORDS);
      return words.slice(0, count).every((word, at) => word !== "" && others[at] === word);
    });
    if (family.length > 0) return family;
  }
  return [];
}

/** A date in a name says when that version came, and nothing of its rank among others. */
const DATE = /^\d{6,8}$/;

/** Of its family the one that is the newest by its name, without a date where there is one; null where it has none. */
export function nearestOf(table: PriceTable, model: string): [name: string, price: ModelPrice] | null {
  const undated = (name: string) =>
    name
      .split(BETWEEN_WORDS)
      .filter((word) => !DATE.test(word))
      .join("-");
  const order = new Intl.Collator("en", { numeric: true });
  const family = familyOf(table, model).sort(
    ([one], [other]) => order.compare(undated(one), undated(other)) || other.length - one.length,
  );
  return family.at(-1) ?? null;
}
