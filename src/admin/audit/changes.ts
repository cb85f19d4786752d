/**
 * What a change has changed, field by field, for the audit trail: the API's own views before and after, compared. Pure.
 * Views hold no secret; of what people misuse for such (notes, the headers that an account adds) the values stay out.
 */

/** Field → what it was and what it is. */
export type Changes = Record<string, { old: unknown; new: unknown }>;

/** Of a longer value the beginning is kept: enough to tell what it was. */
const MAX_TEXT = 300;
const MAX_CHANGES = 4_000;

/** What every change changes, or what is found out and not set. */
const NOT_SET = new Set(["id", "created_at", "updated_at", "status", "temporary_states"]);

/** People write anything into these, passwords too. */
const FREE_TEXT = new Set(["note", "description"]);

/** The fields that differ. `before` null: all of `after`; `after` null: all of `before`. */
export function changesBetween(before: object | null, after: object | null): Changes {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const changes: Changes = {};
  let length = 0;
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [old, now] = [was[name] ?? null, is[name] ?? null];
    if (NOT_SET.has(name) || JSON.stringify(old) === JSON.stringify(now)) continue;
    const change = changeOf(name, old, now);
    length += name.length + JSON.stringify(change).length;
    // A row must stay small whatever was sent; that something is left out is said, in a field of that name.
    if (length > MAX_CHANGES) return { ...changes, "…": { old: null, new: "and more" } };
    changes[name] = change;
  }
  return changes;
}

function changeOf(name: string, old: unknown, now: unknown): Changes[string] {
  if (name === "extra_headers") return headerChange(old, now);
  if (FREE_TEXT.has(name)) return { old: lengthOf(old), new: lengthOf(now) };
  return { old: shortened(old), new: shortened(now) };
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

/** Names; behind one whose value alone has changed, that it has. */
function headerChange(old: unknown, now: unknown): { old: unknown; new: unknown } {
  const [was, is] = [headersOf(old), headersOf(now)];
  const names = Object.keys(is).map((name) => (name in was && was[name] !== is[name] ? `${name} (changed)` : name));
  return { old: shortened(Object.keys(was)), new: shortened(names) };
}

function headersOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
