/**
 * What a change has changed, field by field, for the audit trail: compares the API's own views before and after. Pure. Views hold no
 * secret. People may put secrets into some fields (notes, extra headers of an account), so the values of those stay out. Each field says
 * in which form it is recorded.
 */

/** Field → its old and its new value. */
export type Changes = Record<string, { old: unknown; new: unknown }>;

/** Only the beginning of a longer value is kept, enough to recognise it. */
const MAX_TEXT = 300;
const MAX_CHANGES = 4_000;

/** Fields that every change changes, or that are found out and not set. */
const NOT_SET = new Set(["id", "created_at", "updated_at", "status", "temporary_states"]);

/**
 * How a field is recorded: its values; or only the length of a text, because people write anything into notes, even passwords; or only
 * the names in a record whose values may be credentials.
 */
export type AuditForm = "value" | "length" | "names";

/** Field → its form. Fields that are not listed are recorded with their values. */
export type AuditForms = Readonly<Record<string, AuditForm>>;

/** The fields that differ. `before` null: all fields of `after`; `after` null: all fields of `before`. */
export function changesBetween(before: object | null, after: object | null, forms: AuditForms): Changes {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const changes: Changes = {};
  let length = 0;
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [old, now] = [was[name] ?? null, is[name] ?? null];
    if (NOT_SET.has(name) || JSON.stringify(old) === JSON.stringify(now)) continue;
    const change = changeOf(forms[name] ?? "value", old, now);
    length += name.length + JSON.stringify(change).length;
    // A row must stay small whatever was sent. A field of this name says that more was left out.
    if (length > MAX_CHANGES) return { ...changes, "…": { old: null, new: "and more" } };
    changes[name] = change;
  }
  return changes;
}

function changeOf(form: AuditForm, old: unknown, now: unknown): Changes[string] {
  switch (form) {
    case "value":
      return { old: shortened(old), new: shortened(now) };
    case "length":
      return { old: lengthOf(old), new: lengthOf(now) };
    case "names":
      return changeOfNames(old, now);
  }
}

/** Enough to see that it changed. */
function lengthOf(text: unknown): string {
  return `${typeof text === "string" ? text.length : 0} characters`;
}

function fieldsOf(view: object | null): Record<string, unknown> {
  return view === null ? {} : { ...view };
}

function shortened(value: unknown): unknown {
  if (typeof value === "string") return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  const text = JSON.stringify(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : value;
}

/** Names. A name of which only the value has changed is marked. */
function changeOfNames(old: unknown, now: unknown): { old: unknown; new: unknown } {
  const [was, is] = [membersOf(old), membersOf(now)];
  const names = Object.keys(is).map((name) => (name in was && was[name] !== is[name] ? `${name} (changed)` : name));
  return { old: shortened(Object.keys(was)), new: shortened(names) };
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
