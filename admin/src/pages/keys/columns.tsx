/** What the list says of each key. */
import type { Column } from "../../list/table.tsx";
import { format, strings } from "../../locale/strings.ts";
import { keyLimits, keyState } from "./key-state.ts";
import type { ApiKey } from "./keys.ts";

const words = strings.keys;

export const KEY_COLUMNS: readonly Column<ApiKey>[] = [
  {
    name: "name",
    head: words.name,
    kind: "wide",
    cell: (key) => (
      <>
        <span class="name">{key.name}</span>
        <span class="under">
          <span class="mono">cr_{key.hint}</span>
          {key.description !== "" && ` · ${key.description}`}
        </span>
      </>
    ),
  },
  {
    name: "state",
    head: words.state,
    kind: "still",
    cell: (key) => {
      const state = keyState(key, Date.now());
      return <span class={`dot tone-${state.tone}`}>{state.text}</span>;
    },
  },
  { name: "limits", head: words.limitsColumn, cell: (key) => keyLimits(key, Date.now(), format) },
  {
    name: "created",
    head: words.created,
    kind: "still",
    label: words.created,
    cell: (key) => format.date(key.created_at),
  },
];
