/** The filters of the request log. */
import { choice, type FiltersOf } from "../../list/filters.ts";
import { strings } from "../../locale/strings.ts";
import { beginOf } from "../../parts/range.ts";
import { words as requestsWords } from "./words.ts";

const { outcomes, statuses, ...words } = requestsWords;

export const REQUEST_FILTERS = {
  outcome: choice({
    label: words.outcome,
    everything: words.anyOutcome,
    choices: [
      ["completed", outcomes.completed],
      ["client_left", outcomes.client_left],
      ["upstream_broke", outcomes.upstream_broke],
      ["upstream_error", outcomes.upstream_error],
      ["refused", outcomes.refused],
      ["upstream_unreachable", outcomes.upstream_unreachable],
      ["no_account", outcomes.no_account],
      ["internal", outcomes.internal],
      ["lost", outcomes.lost],
    ],
  }),
  status: choice({
    label: words.status,
    everything: words.anyStatus,
    choices: [
      ["2xx", statuses["2xx"]],
      ["4xx", statuses["4xx"]],
      ["429", statuses["429"]],
      ["5xx", statuses["5xx"]],
    ],
  }),
  range: choice({
    label: strings.range.label,
    everything: words.anyTime,
    choices: [
      ["24h", strings.range.names["24h"]],
      ["7d", strings.range.names["7d"]],
      ["30d", strings.range.names["30d"]],
    ],
  }),
  key_id: { type: "value", label: words.key, everything: words.anyKey },
  account_id: { type: "value", label: words.account, everything: words.anyAccount },
  model: { type: "value", label: words.model },
  client: { type: "value", label: words.client },
  session_id: { type: "value", label: words.session },
  agent_id: { type: "value", label: words.agent },
} as const;

export type RequestFilters = FiltersOf<typeof REQUEST_FILTERS>;

/** The filters as the API takes them. `now` in milliseconds since the epoch. */
export function queryOf({ range, ...filters }: RequestFilters, now: number) {
  return range === undefined ? filters : { ...filters, from: beginOf(range, now) };
}
