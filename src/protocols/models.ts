/**
 * The form that a list of models has in a wire format. relay/models.ts puts together the list that a client gets, and keeps the
 * upstream's own objects unchanged.
 */
export type Json = Record<string, unknown>;

export interface ModelLists {
  /** The member of a list that holds the models. */
  MEMBER: string;
  /** The query parameters by which clients ask for a page other than the first. */
  CURSORS: readonly string[];
  /** The id of a list's entry, as it stands there; undefined if the entry has none. */
  idOf: (entry: Json | undefined) => unknown;
  /** The model's human-readable name, if the entry has one. */
  nameOf: (entry: Json | undefined) => unknown;
  /** An entry for a model that only an account's own rules or another format's list name, with what little is known of it. */
  entryOf: (id: string, name?: string) => Json;
  /** The list of these entries. Everything else that `upstream` says is kept. Null: no upstream was asked. */
  listOf: (upstream: Json | null, entries: readonly Json[]) => Json;
  /** An entry with what clients want beyond the API. A format that has this never passes on an upstream's list unchanged. */
  completed?: (entry: Json) => Json;
  /** The answer to a query that asks for something other than a list; null if it asks for the list. */
  insteadOfList?: (query: URLSearchParams) => Json | null;
}
