/** The filters of the list of keys. */
import { choice } from "../../list/filters.ts";
import { words } from "./words.ts";

/** `created` is the order of an unsorted list. */
type Offered = Exclude<keyof typeof words.sorts, "created">;

function orders(...offered: Offered[]): (readonly [Offered, string])[] {
  return offered.map((order) => [order, words.sorts[order]] as const);
}

export const KEY_FILTERS = {
  search: { type: "search", label: words.search },
  status: choice({
    label: words.state,
    everything: words.anyState,
    choices: [
      ["active", words.states.active],
      ["budget_used", words.states.budget_used],
      ["window_full", words.states.window_full],
      ["expired", words.states.expired],
      ["disabled", words.states.disabled],
      ["deleted", words.states.deleted],
    ],
  }),
  sort: choice({
    label: words.sort,
    everything: words.sorts.created,
    choices: [
      ...orders("created.asc", "name", "name.desc", "last_used", "last_used.asc"),
      ...orders("today_cost", "today_cost.asc", "total_cost", "total_cost.asc"),
    ],
  }),
  owner: { type: "value", label: words.fields.owner },
  tag: { type: "value", label: words.tag },
} as const;
