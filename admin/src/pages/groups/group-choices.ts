/** The groups there are, for the forms that offer them. The newest 200. */
import type { AdminClient } from "../../api.ts";
import { ask } from "../../api.ts";
import type { Choice } from "../../form/field.ts";
import { useReading } from "../../list/reading.ts";

const MOST = "200";

/** Null until they are known; none where the relay does not say: without them all but one field of a form can be filled in. */
export function useGroupChoices(client: AdminClient): readonly Choice[] | null {
  const groups = useReading("groups", (signal) =>
    ask(client.admin.groups.$get({ query: { limit: MOST } }, { init: { signal } })),
  );
  const found = groups.value.value?.items.map(({ id, name }): Choice => [id, name]);
  return found ?? (groups.problem.value === null ? null : []);
}
