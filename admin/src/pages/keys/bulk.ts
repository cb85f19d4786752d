/** One change to many keys, and its undoing: sends only the keys that it changes, and restores only those that it has changed. */
import type { Answer } from "../../api.ts";
import type { Problem } from "../../problem.ts";
import type { ApiKey, Keys, KeysChange } from "./keys.ts";

export type BulkVerb =
  | { is: "enable" }
  | { is: "disable" }
  | { is: "remove" }
  | { is: "tag"; tag: string }
  | { is: "untag"; tag: string };

export interface BulkDone {
  updated: number;
  failed: number;
  undo(): Promise<Problem | null>;
}

type Target = Pick<ApiKey, "id" | "enabled" | "tags" | "deleted_at">;

/** Those of the chosen keys that the action changes. Pure. */
export function targetsOf(verb: BulkVerb, chosen: readonly Target[]): string[] {
  return chosen.filter((key) => key.deleted_at === null && changes(verb, key)).map(({ id }) => id);
}

function changes(verb: BulkVerb, { enabled, tags }: Target): boolean {
  switch (verb.is) {
    case "enable":
      return !enabled;
    case "disable":
      return enabled;
    case "remove":
      return true;
    case "tag":
      return verb.tag !== "" && !tags.includes(verb.tag);
    case "untag":
      return tags.includes(verb.tag);
  }
}

export async function runBulk(
  keys: Pick<Keys, "changeMany" | "removeMany" | "restoreMany">,
  verb: BulkVerb,
  chosen: readonly Target[],
): Promise<Answer<BulkDone>> {
  const ids = targetsOf(verb, chosen);
  const answer = verb.is === "remove" ? await keys.removeMany(ids) : await keys.changeMany(ids, changeOf(verb));
  if (!answer.ok) return answer;
  const { updated, failed, results } = answer.value;
  const changed = results.filter(({ error }) => error === null).map(({ id }) => id);
  return { ok: true, value: { updated, failed, undo: () => undo(keys, verb, changed) } };
}

async function undo(
  keys: Pick<Keys, "changeMany" | "restoreMany">,
  verb: BulkVerb,
  ids: readonly string[],
): Promise<Problem | null> {
  if (verb.is === "remove") return keys.restoreMany(ids);
  const answer = await keys.changeMany(ids, changeOf(opposite(verb)));
  return answer.ok ? null : answer.problem;
}

type Change = Exclude<BulkVerb, { is: "remove" }>;

function changeOf(verb: Change): KeysChange {
  switch (verb.is) {
    case "enable":
      return { enabled: true };
    case "disable":
      return { enabled: false };
    case "tag":
      return { add_tags: [verb.tag] };
    case "untag":
      return { remove_tags: [verb.tag] };
  }
}

/** The change that undoes this one. */
function opposite(verb: Change): Change {
  switch (verb.is) {
    case "enable":
      return { is: "disable" };
    case "disable":
      return { is: "enable" };
    case "tag":
      return { is: "untag", tag: verb.tag };
    case "untag":
      return { is: "tag", tag: verb.tag };
  }
}
