/**
 * Filters of a list, kept in the query of its address: a link, a reload and the back button show the same rows. Pure. A value in the
 * address that a filter does not offer counts as none.
 */

/** Free text for which the API searches. */
export interface SearchFilter {
  type: "search";
  label: string;
}

export interface ChoiceFilter<Value extends string = string> {
  type: "choice";
  label: string;
  /** Shown if nothing is chosen. */
  everything: string;
  choices: readonly (readonly [value: Value, label: string])[];
}

/** One exact value, set by a link, or chosen if the page offers some. A click removes it. */
export interface ValueFilter {
  type: "value";
  label: string;
  /** Shown if nothing is chosen, and there is something to choose. */
  everything?: string;
}

export type FilterDescriptions = Readonly<Record<string, SearchFilter | ChoiceFilter | ValueFilter>>;

/** The chosen values under the API's own names. Filters that are not set are left out. */
export type FiltersOf<Of extends FilterDescriptions> = {
  [Name in keyof Of]?: Of[Name] extends ChoiceFilter<infer Value> ? Value : string;
};

export function choice<Value extends string>(filter: Omit<ChoiceFilter<Value>, "type">): ChoiceFilter<Value> {
  return { type: "choice", ...filter };
}

/** `search`: the query of an address, with or without its question mark. */
export function readFilters<Of extends FilterDescriptions>(descriptions: Of, search: string): FiltersOf<Of> {
  const query = new URLSearchParams(search);
  const chosen: Record<string, string> = {};
  for (const [name, filter] of Object.entries(descriptions)) {
    const value = (query.get(name) ?? "").trim();
    if (value === "") continue;
    if (filter.type === "choice" && !filter.choices.some(([offered]) => offered === value)) continue;
    chosen[name] = value;
  }
  return chosen as FiltersOf<Of>;
}

/** The same query with `name` set, or without it if `value` is empty. */
export function withFilter(search: string, name: string, value: string): string {
  const query = new URLSearchParams(search);
  if (value.trim() === "") query.delete(name);
  else query.set(name, value.trim());
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
