/** The filters of the audit trail. */
import { choice } from "../../list/filters.ts";
import { strings } from "../../locale/strings.ts";
import { words } from "./words.ts";

export const AUDIT_FILTERS = {
  action: choice({
    label: words.what,
    everything: words.everything,
    choices: [
      ["account", words.things.account],
      ["api-key", words.things["api-key"]],
      ["group", words.things.group],
      ["alias", words.things.alias],
      ["alert-channel", words.things["alert-channel"]],
      ["template", words.things.template],
      ["price", words.things.price],
      ["session", words.things.session],
      ["settings", words.things.settings],
      ["encryption-key", words.things["encryption-key"]],
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
  target: { type: "value", label: words.target },
  actor: { type: "value", label: words.actor },
  address: { type: "value", label: words.address },
} as const;
