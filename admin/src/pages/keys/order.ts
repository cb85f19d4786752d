/**
 * The orders of the list of keys, by their names in its address: the API's name of a sort, with its direction if it is not the usual one.
 * Pure.
 */

type Sort = "created" | "name" | "last_used" | "today_cost" | "total_cost";
type Direction = "asc" | "desc";
export type KeyOrder = Sort | `${Sort}.${Direction}`;

/** Names from A on, anything else from the newest or highest on, which is the API's default. */
function usual(sort: Sort): Direction {
  return sort === "name" ? "asc" : "desc";
}

const opposite = (direction: Direction): Direction => (direction === "asc" ? "desc" : "asc");

/** In the API's terms. */
export function orderOf(order: KeyOrder): { sort: Sort; order: Direction } {
  const [sort = "created", direction] = order.split(".") as [Sort, Direction?];
  return { sort, order: direction ?? usual(sort) };
}

/** The order after a click on a column's heading: first the column's usual one, then the reverse, then the list's own (""). */
export function clicked(order: string | null, column: Sort): KeyOrder | "" {
  if (order === column) return `${column}.${opposite(usual(column))}`;
  return order?.startsWith(`${column}.`) ? "" : column;
}

/** Whether the list is sorted by a column, and in which direction. */
export function sortedBy(order: string | null, column: Sort): { on: boolean; ascending: boolean } {
  const on = order === column || order?.startsWith(`${column}.`) === true;
  return { on, ascending: on && orderOf(order as KeyOrder).order === "asc" };
}
