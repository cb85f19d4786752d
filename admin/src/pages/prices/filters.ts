/** The filters of the list of prices. */
import { choice } from "../../list/filters.ts";
import { words } from "./words.ts";

export const PRICE_FILTERS = {
  search: { type: "search", label: words.search },
  source: choice({
    label: words.source,
    everything: words.anySource,
    choices: [
      ["override", words.sources.override],
      ["feed", words.sources.feed],
      ["built-in", words.sources["built-in"]],
    ],
  }),
} as const;
