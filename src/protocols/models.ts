/**
 * What a list of models looks like in a wire format. The list that a client gets is put together in relay/models.ts; an
 * upstream's own objects stay as they are there.
 */
export type Json = Record<string, unknown>;

export interface ModelLists {
  /** The member of a list that holds the models. */
  MEMBER: string;
  /** The query parameters by which clients ask for a page other than the first. */
  CURSORS: readonly string[];
  /** The id of an entry of a list, as it stands there; undefined in what is none. */
  idOf: (entry: Json | undefined) => unknown;
  /** What the entry says that people call the model. */
  nameOf: (entry: Json | undefined) => unknown;
  /** What little can be said of a model that only an account's own rules name, or another format's list. */
  entryOf: (id: string, name?: string) => Json;
  /** The list of these entries; all that `upstream` says beside its models stays. Null: nobody was asked. */
  listOf: (upstream: Json | null, entries: readonly Json[]) => Json;
  /** An entry with what clients want beyond the API. A format that has this never passes an upstream's list on as it is. */
  completed?: (entry: Json) => Json;
  /** What a client gets that asks for something else than a list by the query; null where it asks for the list. */
  insteadOfList?: (query: URLSearchParams) => Json | null;
}
