/**
 * Makes the list of models that a client gets, in the wire format it speaks, and says which names an account spells out. Pure: it
 * asks nobody, and leaves the upstream's own objects as they are.
 */
import { array, object, parse } from "../ground/json.ts";
import type { ModelRules } from "../pool/models.ts";
import type { Json, ModelLists } from "../protocols/models.ts";

/** A model to add to a list, because no upstream's list in the asker's format has it. */
export interface ListedModel {
  id: string;
  /** Its name for people; null if nobody has said one. */
  name: string | null;
}

/** The names that an account spells out in its allow list or its mapping. A pattern is no name that could be listed. */
export function namedModels({ allowedModels, modelMapping }: ModelRules): string[] {
  const names = [...allowedModels, ...Object.keys(modelMapping)].filter((name) => !name.includes("*"));
  return [...new Set(names.map(withoutPrefix))];
}

/** An upstream's answer as a list; null if it is none. */
export function readModelList({ MEMBER }: ModelLists, text: string): Json | null {
  const list = object(parse(text));
  return list && Array.isArray(list[MEMBER]) ? list : null;
}

/**
 * The models that `upstream` lists (null: nobody was asked) and `keeps` accepts, and those of `more` that it lacks. Cursors stay the
 * upstream's own while it has more pages.
 */
export function modelList(
  { MEMBER, idOf, entryOf, listOf, completed = (entry) => entry }: ModelLists,
  upstream: Json | null,
  keeps: (id: string) => boolean,
  more: readonly ListedModel[],
): Json {
  const known = new Set<string>();
  const listed = array(upstream?.[MEMBER]).flatMap((value) => {
    const entry = object(value);
    const id = idOf(entry);
    if (entry === undefined || typeof id !== "string" || !keeps(withoutPrefix(id))) return [];
    known.add(withoutPrefix(id));
    return [completed(entry)];
  });
  const lacking = new Map<string, ListedModel>();
  for (const model of more) if (!known.has(model.id) && !lacking.get(model.id)?.name) lacking.set(model.id, model);
  const added = [...lacking.values()].map(({ id, name }) => entryOf(id, name ?? undefined));
  return listOf(upstream, [...listed, ...added]);
}

/** Google's lists say `models/x` where requests say `x`, also in the list that it has for OpenAI's clients. */
export function withoutPrefix(name: string): string {
  return name.replace(/^models\//, "");
}
