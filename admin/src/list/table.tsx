/**
 * The one table: described columns, the link of a row, and the actions on it. On a narrow screen a row becomes a small block, with a label
 * for each figure.
 */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { strings } from "../locale/strings.ts";
import { focusHeading } from "../parts/focus.ts";
import { Icon } from "../parts/icon.tsx";
import type { Notice } from "../parts/toasts.tsx";
import { Trouble } from "../parts/trouble.tsx";
import type { Problem } from "../problem.ts";
import { type RowAction, RowActions } from "./row-actions.tsx";

export interface Column<Row> {
  /** Makes the cell's class, `at-…`. */
  name: string;
  head: ComponentChildren;
  /** The full text of an abbreviated heading. */
  long?: string;
  /**
   * `number`: aligned to the right; `still`: never wraps; `wide`: a line of its own on a phone; `roomy`: the one with much content;
   * `yields`: shares the room that the others leave.
   */
  kind?: "number" | "still" | "wide" | "roomy" | "yields";
  /** The cell's label if there is no heading. */
  label?: string;
  /** Set if the list can be sorted by this column: whether it is, and what a click on the heading does. */
  sort?: { on: boolean; ascending?: boolean; run(): void };
  cell(row: Row): ComponentChildren;
}

export interface TableProps<Row> {
  /** For screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  idOf(row: Row): string;
  /** Where a click anywhere on the row leads. A cell contains the link itself, for people who do not click. */
  open?: (row: Row) => void;
  /** The row that is open. */
  chosen?: string | undefined;
  /** The ids of rows that have just arrived. */
  fresh?: ReadonlySet<string>;
  actions?: { of(row: Row): readonly RowAction[]; nameOf(row: Row): string };
  /** The last action, for a message. */
  notice: Signal<Notice | null>;
  class?: string;
}

export function Table<Row>(props: TableProps<Row> & { rows: readonly Row[]; stale: boolean }) {
  const { caption, columns, rows, idOf, actions, stale } = props;
  return (
    <div class={`table ${props.class ?? ""}`} aria-busy={stale}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, head, long, kind, sort }) => (
              <th
                key={name}
                scope="col"
                class={`at-${name} ${kind === "number" ? "number" : ""}`}
                aria-sort={sort?.on ? (sort.ascending ? "ascending" : "descending") : undefined}
              >
                {sort ? (
                  <button type="button" onClick={sort.run}>
                    {head}
                    {sort.on && <Icon name={sort.ascending ? "arrow-up" : "arrow-down"} />}
                  </button>
                ) : long === undefined ? (
                  head
                ) : (
                  <abbr title={long} aria-label={long}>
                    {head}
                  </abbr>
                )}
              </th>
            ))}
            {actions && (
              <th scope="col">
                <span class="unseen">{strings.list.actions}</span>
              </th>
            )}
          </tr>
        </thead>
        {rows.map((row) => (
          <Rows key={idOf(row)} row={row} table={props} />
        ))}
      </table>
    </div>
  );
}

function Rows<Row>({ row, table }: { row: Row; table: TableProps<Row> }) {
  const { columns, actions, notice, open } = table;
  const body = useRef<HTMLTableSectionElement>(null);
  const problem = useSignal<Problem | null>(null);
  const id = table.idOf(row);
  const looks = [open && "opens", table.fresh?.has(id) && "fresh", table.chosen === id && "chosen"];

  // When the row is gone, the focus would go to the top of the page.
  useLayoutEffect(
    () => () => {
      if (body.current?.contains(document.activeElement)) focusHeading();
    },
    [],
  );

  return (
    <tbody ref={body}>
      <tr
        class={looks.filter(Boolean).join(" ") || undefined}
        data-row={id}
        onClick={(event) => {
          if (!open || !isPlain(event)) return;
          // What opens above the page returns the focus to where it was.
          event.currentTarget.querySelector("a")?.focus({ preventScroll: true });
          open(row);
        }}
      >
        {columns.map(({ name, kind, label, cell }) => (
          <td key={name} class={`at-${name} ${kind ?? ""}`} data-label={label}>
            {cell(row)}
          </td>
        ))}
        {actions && (
          <td class="row-actions">
            <RowActions actions={actions.of(row)} rowName={actions.nameOf(row)} problem={problem} notice={notice} />
          </td>
        )}
      </tr>
      {problem.value !== null && (
        <tr>
          <td colSpan={columns.length + (actions ? 1 : 0)}>
            <Trouble problem={problem.value} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

/** Whether a click hits nothing interactive, and does not end the marking of a text. */
function isPlain(event: MouseEvent): boolean {
  const on =
    event.target instanceof Element ? event.target.closest("a, button, input, label, dialog, [popover]") : null;
  return on === null && String(getSelection() ?? "") === "";
}
