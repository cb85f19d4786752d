/** The actions on an account, in the list and on its page. */
import type { RowAction } from "../../list/row-actions.tsx";
import type { Account, Accounts } from "./accounts.ts";
import { words } from "./words.ts";

/** `only`: without this account nothing is served. */
export function actionsOf(
  { id, name, schedulable, temporary_states }: Account,
  accounts: Accounts,
  only: boolean,
): RowAction[] {
  return [
    schedulable
      ? {
          label: words.disable,
          icon: "pause",
          run: () => accounts.setSchedulable(id, false),
          done: only ? words.wasDisabledLast(name) : words.wasDisabled(name),
          undo: () => accounts.setSchedulable(id, true),
        }
      : {
          label: words.enable,
          icon: "play",
          run: () => accounts.setSchedulable(id, true),
          done: words.wasEnabled(name),
        },
    ...(temporary_states.length > 0
      ? [
          {
            label: words.reset,
            icon: "rotate-ccw" as const,
            run: () => accounts.reset(id),
            done: words.wasReset(name),
          },
        ]
      : []),
    {
      label: words.remove,
      icon: "trash-2",
      danger: true,
      confirm: { title: words.confirmTitle(name), text: only ? words.confirmLast : words.confirm },
      run: () => accounts.remove(id),
      done: words.wasDeleted(name),
    },
  ];
}
