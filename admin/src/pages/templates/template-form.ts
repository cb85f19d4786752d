/** The fields of a template: the limits and rules of a key. A field that is left empty is not part of the template. */
import { type Field, type Fields, maybeEmpty, orNull, text } from "../../form/field.ts";
import { KEY_SECTIONS, keyFields } from "../keys/key-form.ts";
import type { Template, TemplateChange, TemplateInput } from "./templates.ts";
import { words } from "./words.ts";

/** Fields of a key that are not part of the policy, and those that make no sense for many keys at once. */
const OF_A_KEY: readonly string[] = [
  ...["name", "description", "owner", "tags", "rate_limit_tier"],
  ...["enabled", "expires_at"],
];
const WINDOWED = ["rate_limit_requests", "rate_limit_tokens", "rate_limit_cost_usd"];

export function templateFields(template: Template | null): Fields {
  const policy = Object.entries(keyFields(template)).filter(([name]) => !OF_A_KEY.includes(name));
  return {
    name: text({ label: words.name, initial: template?.name }),
    description: maybeEmpty(text({ label: words.description, initial: template?.description })),
    ...Object.fromEntries(policy.map(([name, field]) => [name, unset(field, template !== null && name in template)])),
  };
}

/** A key has a value for each field; a template has only some. */
function unset(field: Field<unknown>, has: boolean): Field<unknown> {
  const { control } = field;
  const withNone =
    control.type === "choice" && !control.choices.some(([value]) => value === "")
      ? { ...control, choices: [["", words.unset] as const, ...control.choices] }
      : control;
  return { ...orNull(field), control: withNone, ...(!has && { initial: "" }) };
}

export const TEMPLATE_SECTIONS = [
  { names: ["name", "description"] },
  ...KEY_SECTIONS.slice(1).map(({ names, ...section }) => ({
    ...section,
    names: names.filter((name) => !OF_A_KEY.includes(name)),
  })),
];

type Given = Readonly<Record<string, unknown>>;

/** The fields that were filled in, and the window of a limit that was. */
export function templateInput(values: Given, changed: ReadonlySet<string>): TemplateInput {
  // Each field is read as the type that the API takes under its name.
  return { ...filled(values, changed), name: values.name } as TemplateInput;
}

/** The changed fields. An emptied field is removed from the template. */
export function templateChange(values: Given, changed: ReadonlySet<string>): TemplateChange {
  const emptied = Object.keys(values).filter(
    (name) => changed.has(name) && isEmpty(values[name]) && name !== "description",
  );
  const described = changed.has("description") ? { description: values.description } : {};
  return { ...filled(values, changed), ...described, ...(emptied.length > 0 && { unset: emptied }) } as TemplateChange;
}

function filled(values: Given, changed: ReadonlySet<string>): Given {
  const sent = WINDOWED.some((name) => changed.has(name))
    ? new Set([...changed, "rate_limit_window_minutes"])
    : changed;
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => sent.has(name) && !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
