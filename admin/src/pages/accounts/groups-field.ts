/** The field for the groups of a new account. There is none if no groups exist. */
import { type Choice, several } from "../../form/field.ts";
import { words } from "./words.ts";

export function groupsField(groups: readonly Choice[]) {
  return {
    ...(groups.length > 0 && {
      group_ids: several({ label: words.fields.groups, hint: words.fields.groupsHint }, groups),
    }),
  };
}
