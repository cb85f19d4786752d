/** The filters of the refusals. */
import { choice } from "../../list/filters.ts";
import { strings } from "../../locale/strings.ts";
import { words } from "./words.ts";

export const REFUSAL_FILTERS = {
  range: choice({
    label: strings.range.label,
    everything: strings.range.names["24h"],
    choices: [
      ["7d", strings.range.names["7d"]],
      ["30d", strings.range.names["30d"]],
    ],
  }),
  key_id: { type: "value", label: words.key },
  reason: { type: "value", label: words.reason },
} as const;
