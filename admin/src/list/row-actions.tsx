/** What can be done to one row: links and buttons, one at a time, asking first where it cannot simply be clicked back. */
import { type Signal, useSignal } from "@preact/signals";
import { Confirm } from "../parts/confirm.tsx";
import type { Problem } from "../problem.ts";

export type RowAction = { label: string; href: string } | RowChange;

export interface RowChange {
  label: string;
  danger?: boolean;
  /** Asks this before it runs. */
  confirm?: { title: string; text: string };
  /** The problem, or null when it is done. */
  run(): Promise<Problem | null>;
  /** Said when it is done. */
  done?: string;
}

interface Props {
  actions: readonly RowAction[];
  /** Part of each button's spoken name, for a list of forty "Delete" buttons says nothing. */
  rowName: string;
  problem: Signal<Problem | null>;
  notice: Signal<string | null>;
}

export function RowActions({ actions, rowName, problem, notice }: Props) {
  const busy = useSignal(false);
  const asking = useSignal<RowChange | null>(null);

  async function run(change: RowChange): Promise<void> {
    busy.value = true;
    problem.value = await change.run();
    busy.value = false;
    if (problem.value !== null) notice.value = null;
    else if (change.done !== undefined) notice.value = change.done;
  }

  function choose(change: RowChange): void {
    if (busy.value) return;
    if (change.confirm) asking.value = change;
    else void run(change);
  }

  const { value: asked } = asking;
  return (
    <>
      <div class="actions">
        {actions.map((action, at) =>
          "href" in action ? (
            <a key={at} class="button quiet" href={action.href} aria-label={`${action.label}: ${rowName}`}>
              {action.label}
            </a>
          ) : (
            <button
              // By place: "Disable" that becomes "Enable" is the same button, and keeps the focus.
              key={at}
              type="button"
              class={action.danger ? "quiet danger" : "quiet"}
              aria-label={`${action.label}: ${rowName}`}
              // Not `disabled`, which would take the focus away from whoever pressed it.
              aria-disabled={busy.value}
              onClick={() => choose(action)}
            >
              {action.label}
            </button>
          ),
        )}
      </div>
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
