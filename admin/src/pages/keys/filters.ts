/** What the list of keys can be narrowed down to. */
import { choice } from "../../list/filters.ts";
import { strings } from "../../locale/strings.ts";

const words = strings.keys;

export const KEY_FILTERS = {
  search: { type: "search", label: words.search },
  status: choice({
    label: words.state,
    everything: words.anyState,
    choices: [
      ["active", words.active],
      ["disabled", words.disabled],
      ["expired", words.expired],
      ["deleted", words.deleted],
    ],
  }),
} as const;
