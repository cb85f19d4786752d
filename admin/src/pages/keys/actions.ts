/** The actions on a key, in the list and on its page. */
import type { RowAction } from "../../list/row-actions.tsx";
import { strings } from "../../locale/strings.ts";
import { pathTo } from "../../router/match.ts";
import type { Router } from "../../router/router.ts";
import type { ApiKey, Keys } from "./keys.ts";
import { words } from "./words.ts";

export function actionsOf(key: ApiKey, keys: Keys, router: Router): RowAction[] {
  const { id, name } = key;
  if (key.deleted_at !== null) {
    return [{ label: words.restore, icon: "rotate-ccw", run: () => keys.restore(id), done: words.wasRestored(name) }];
  }
  return [
    { label: strings.edit, icon: "pencil", href: router.href(pathTo("/keys/:id/edit", { id })) },
    key.enabled
      ? {
          label: words.disable,
          icon: "pause",
          run: () => keys.setEnabled(id, false),
          done: words.wasDisabled(name),
          undo: () => keys.setEnabled(id, true),
        }
      : { label: words.enable, icon: "play", run: () => keys.setEnabled(id, true), done: words.wasEnabled(name) },
    {
      label: words.remove,
      icon: "trash-2",
      danger: true,
      run: () => keys.remove(id),
      done: words.wasDeleted(name),
      undo: () => keys.restore(id),
    },
  ];
}
