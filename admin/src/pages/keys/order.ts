/** The orders that the list of keys can be in, as its address names them: the API's name of a sort, and its direction where that is not the usual one. Pure. */

type Sort = "created" | "name" | "last_used" | "today_cost" | "total_cost";
type Direction = "asc" | "desc";
export type KeyOrder = Sort | `${Sort}.${Direction}`;

/** Names from A on, anything else from the newest and dearest on: what the API does by itself. */
function usual(sort: Sort): Direction {
  return sort === "name" ? "asc" : "desc";
}

const opposite = (direction: Direction): Direction => (direction === "asc" ? "desc" : "asc");

/** As the API takes it. */
export function orderOf(order: KeyOrder): { sort: Sort; order: Direction } {
  const [sort = "created", direction] = order.split(".") as [Sort, Direction?];
  return { sort, order: direction ?? usual(sort) };
}

/** What a click on the head of a column makes of the order: the column's usual one, then the other way round, then the list's own (""). */
export function clicked(order: string | null, column: Sort): KeyOrder | "" {
  if (order === column) return `${column}.${opposite(usual(column))}`;
  return order?.startsWith(`${column}.`) ? "" : column;
}

/** Whether the list is in the order of a column, and which way. */
export function sortedBy(order: string | null, column: Sort): { on: boolean; ascending: boolean } {
  const on = order === column || order?.startsWith(`${column}.`) === true;
  return { on, ascending: on && orderOf(order as KeyOrder).order === "asc" };
}
