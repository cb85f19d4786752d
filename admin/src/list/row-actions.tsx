/**
 * The actions on one record: links and changes behind a button, one at a time. Actions that cannot simply be undone ask first; the others
 * offer to undo them.
 */
import { type Signal, useSignal } from "@preact/signals";
import { strings } from "../locale/strings.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Menu, MenuItem } from "../parts/menu.tsx";
import type { Notice } from "../parts/toasts.tsx";
import type { Problem } from "../problem.ts";

export type RowAction = { label: string; icon: IconName; href: string } | RowChange;

export interface RowChange {
  label: string;
  icon: IconName;
  danger?: boolean;
  /** Asked before it runs. */
  confirm?: { title: string; text: string };
  /** The problem, or null when it is done. */
  run(): Promise<Problem | null>;
  /** The message when it is done. */
  done?: string;
  /** Undoes it. */
  undo?: () => Promise<Problem | null>;
}

interface Props {
  actions: readonly RowAction[];
  /** Part of each button's spoken name, because a list of forty "Delete" buttons tells nothing. */
  rowName: string;
  problem: Signal<Problem | null>;
  notice: Signal<Notice | null>;
}

export function RowActions({ actions, rowName, problem, notice }: Props) {
  const busy = useSignal(false);
  const asking = useSignal<RowChange | null>(null);

  async function run(change: RowChange): Promise<void> {
    busy.value = true;
    problem.value = await change.run();
    busy.value = false;
    if (problem.value !== null) notice.value = null;
    else if (change.done !== undefined) notice.value = { text: change.done, undo: change.undo };
  }

  function choose(change: RowChange): void {
    if (busy.value) return;
    if (change.confirm) asking.value = change;
    else void run(change);
  }

  const { value: asked } = asking;
  return (
    <>
      <Menu label={`${strings.list.actions}: ${rowName}`}>
        {(close) =>
          actions.map((action) =>
            "href" in action ? (
              <a key={action.label} class="item" href={action.href} aria-label={`${action.label}: ${rowName}`}>
                <Icon name={action.icon} />
                {action.label}
              </a>
            ) : (
              <MenuItem
                key={action.label}
                icon={action.icon}
                danger={action.danger}
                label={`${action.label}: ${rowName}`}
                onClick={() => {
                  close();
                  choose(action);
                }}
              >
                {action.label}
              </MenuItem>
            ),
          )
        }
      </Menu>
      {asked?.confirm && (
        <Confirm
          title={asked.confirm.title}
          text={asked.confirm.text}
          action={asked.label}
          onCancel={() => {
            asking.value = null;
          }}
          onConfirm={() => {
            asking.value = null;
            void run(asked);
          }}
        />
      )}
    </>
  );
}
