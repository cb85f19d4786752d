/** What the list of keys can be narrowed down to. */
import { choice } from "../../list/filters.ts";
import { words } from "./words.ts";

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
      ["name", words.sorts.name],
      ["last_used", words.sorts.last_used],
      ["today_cost", words.sorts.today_cost],
      ["total_cost", words.sorts.total_cost],
    ],
  }),
  owner: { type: "value", label: words.fields.owner },
  tag: { type: "value", label: words.tag },
} as const;
