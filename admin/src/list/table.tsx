/**
 * The one table: columns from a description, what can be done to a row, and what opens beneath it. On a narrow screen
 * a row becomes a small block, each figure with its own label.
 */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { focusHeading } from "../parts/focus.ts";
import { Trouble } from "../parts/trouble.tsx";
import type { Problem } from "../problem.ts";
import { type RowAction, RowActions } from "./row-actions.tsx";

export interface Column<Row> {
  /** Names the cell's class, `at-…`. */
  name: string;
  head: ComponentChildren;
  /** What an abbreviated head stands for. */
  long?: string;
  /** Figures stand at the right; what is `still` never wraps; what is `wide` has a line of its own on a phone. */
  kind?: "number" | "still" | "wide";
  /** What the cell is called where there is no head. */
  label?: string;
  cell(row: Row): ComponentChildren;
}

export interface TableProps<Row> {
  /** For screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  idOf(row: Row): string;
  /** Ids of rows that have just arrived. */
  fresh?: ReadonlySet<string>;
  actions?: { head: string; of(row: Row): readonly RowAction[]; nameOf(row: Row): string };
  /** Opened and closed by a button of the row, which is called `label`. */
  details?: { head: string; label(row: Row): string; of(row: Row): ComponentChildren };
  /** What stands beneath a row of itself; null for nothing. */
  beneath?(row: Row): ComponentChildren;
  /** What was just done, in a sentence. */
  notice: Signal<string | null>;
  class?: string;
}

export function Table<Row>(props: TableProps<Row> & { rows: readonly Row[]; stale: boolean }) {
  const { caption, columns, rows, idOf, actions, details, stale } = props;
  const last = actions?.head ?? details?.head;
  return (
    <div class={`table ${props.class ?? ""}`} aria-busy={stale}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, head, long, kind }) => (
              <th key={name} scope="col" class={kind === "number" ? "number" : undefined}>
                {long === undefined ? (
                  head
                ) : (
                  <abbr title={long} aria-label={long}>
                    {head}
                  </abbr>
                )}
              </th>
            ))}
            {last !== undefined && (
              <th scope="col">
                <span class="unseen">{last}</span>
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
  const { columns, actions, details, notice } = table;
  const body = useRef<HTMLTableSectionElement>(null);
  const problem = useSignal<Problem | null>(null);
  const open = useSignal(false);
  const id = table.idOf(row);
  const beneath = table.beneath?.(row) ?? null;
  const span = columns.length + (actions || details ? 1 : 0);

  // With the row the focus would go to the top of the page.
  useLayoutEffect(
    () => () => {
      if (body.current?.contains(document.activeElement)) focusHeading();
    },
    [],
  );

  return (
    <tbody ref={body}>
      <tr class={table.fresh?.has(id) ? "fresh" : undefined} data-row={id}>
        {columns.map(({ name, kind, label, cell }) => (
          <td key={name} class={`at-${name} ${kind ?? ""}`} data-label={label}>
            {cell(row)}
          </td>
        ))}
        {actions && (
          <td class="row-actions wide">
            <RowActions actions={actions.of(row)} rowName={actions.nameOf(row)} problem={problem} notice={notice} />
          </td>
        )}
        {details && (
          <td class="at-toggle">
            <button
              type="button"
              class="quiet toggle"
              aria-expanded={open.value}
              aria-controls={open.value ? `details-${id}` : undefined}
              aria-label={details.label(row)}
              onClick={() => {
                open.value = !open.value;
              }}
            />
          </td>
        )}
      </tr>
      {details && open.value && (
        <tr class="more" id={`details-${id}`}>
          <td colSpan={span}>{details.of(row)}</td>
        </tr>
      )}
      {(problem.value !== null || beneath !== null) && (
        <tr class="more">
          <td colSpan={span}>
            <Trouble problem={problem.value} />
            {beneath}
          </td>
        </tr>
      )}
    </tbody>
  );
}
