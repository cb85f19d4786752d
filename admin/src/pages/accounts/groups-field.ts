/** The groups that a new account may be in, in a form; no field where there are none. */
import { type Choice, several } from "../../form/field.ts";
import { words } from "./words.ts";

export function groupsField(groups: readonly Choice[]) {
  return {
    ...(groups.length > 0 && {
      group_ids: several({ label: words.fields.groups, hint: words.fields.groupsHint }, groups),
    }),
  };
}
