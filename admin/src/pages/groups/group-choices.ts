/** The existing groups, for forms that offer them. The newest 200. */
import type { AdminClient } from "../../api.ts";
import { ask } from "../../api.ts";
import type { Choice } from "../../form/field.ts";
import { useReading } from "../../list/reading.ts";

const MOST = "200";

/** Null until they are known. Empty if the relay does not answer: without them, only one field of a form cannot be filled in. */
export function useGroupChoices(client: AdminClient): readonly Choice[] | null {
  const groups = useReading("groups", (signal) =>
    ask(client.admin.groups.$get({ query: { limit: MOST } }, { init: { signal } })),
  );
  const found = groups.value.value?.items.map(({ id, name }): Choice => [id, name]);
  return found ?? (groups.problem.value === null ? null : []);
}
