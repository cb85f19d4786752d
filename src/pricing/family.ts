/** Which models of a table belong to one family, according to their names. Pure. */
import { namesOf } from "./resolve.ts";
import type { ModelPrice, PriceTable } from "./table.ts";

const BETWEEN_WORDS = /[-_.:/@]/;

/** The models that share the most leading words with this name: `claude-opus-9` goes with `claude-opus-…`. None if they share no word. */
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

/** A date in a name says when the version came, not how it ranks among others. */
const DATE = /^\d{6,8}$/;

/** The newest model of its family by name, preferably one without a date; null if the family is empty. */
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
