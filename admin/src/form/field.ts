/**
 * What a field of a form is: a description of how it is asked for, and how what was typed is read. Pure. A form is a
 * record of these under the API's names; `form.ts` holds what was typed, `field-view.tsx` draws them.
 */
import type { FieldCode } from "./problem.ts";

/** What was typed, by field name. A draft is text, whatever its control. */
export type Drafts = Readonly<Record<string, string>>;

export type Reading<Value> = { ok: true; value: Value } | { ok: false; code: FieldCode; limit?: number };

export type Choice<Value extends string = string> = readonly [value: Value, label: string];

export type Control =
  | { type: "line"; inputMode?: "numeric" | "decimal" | "url" }
  /** Shows no characters, and no browser offers to keep it: of another place than the console. */
  | { type: "secret" }
  /** Of the console itself. */
  | { type: "sign-in"; part: "username" | "current-password" }
  | { type: "choice"; choices: readonly Choice[] }
  /** One of the choices, or a time of one's own under `own`. */
  | { type: "moment"; choices: readonly Choice[]; own: string; ownLabel: string };

export interface Field<Value> {
  label: string;
  hint?: string | undefined;
  control: Control;
  /** The draft of a form that nobody has touched. */
  initial: string;
  optional: boolean;
  /** False while another field's draft leaves this one without a meaning: it is not read then. */
  applies?: (drafts: Drafts) => boolean;
  /** `now` in milliseconds since the epoch. */
  read(draft: string, now: number): Reading<Value>;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer Value> ? Value : never;

/** What a form's fields amount to: fields that may be undefined are left out where they are. */
export type Values<Of extends Fields> = {
  [Name in keyof Of as undefined extends ValueOf<Of[Name]> ? never : Name]: ValueOf<Of[Name]>;
} & {
  [Name in keyof Of as undefined extends ValueOf<Of[Name]> ? Name : never]?: Exclude<ValueOf<Of[Name]>, undefined>;
};

/** What every maker of fields takes. */
interface Asked {
  label: string;
  hint?: string;
  initial?: string;
}

/** The same field, which may stay empty. */
export function optional<Value>(field: Field<Value>): Field<Value | undefined> {
  return {
    ...field,
    optional: true,
    read: (draft, now) => (draft.trim() === "" ? { ok: true, value: undefined } : field.read(draft, now)),
  };
}

/** The same field, which is read only where `applies` says so. */
export function onlyWhere<Value>(applies: (drafts: Drafts) => boolean, field: Field<Value>): Field<Value | undefined> {
  return { ...field, applies };
}

export function text(asked: Asked): Field<string> {
  return field(asked, { type: "line" }, given);
}

export function secret(asked: Asked): Field<string> {
  return field(asked, { type: "secret" }, given);
}

/** The one field whose draft is taken as it is: a password may begin or end with a space. */
export function signIn(part: "username" | "current-password", asked: Asked): Field<string> {
  const read = (draft: string) => (part === "username" ? given(draft) : asTyped(draft));
  return field(asked, { type: "sign-in", part }, read);
}

/** A whole number, 1 or more. */
export function count(asked: Asked): Field<number> {
  return field(asked, { type: "line", inputMode: "numeric" }, (draft) => {
    if (draft.trim() === "") return { ok: false, code: "required" };
    const value = /^\d{1,15}$/.test(draft.trim()) ? Number(draft.trim()) : 0;
    return value >= 1 ? { ok: true, value } : { ok: false, code: "whole_number" };
  });
}

/** Decimal USD, kept as text: no float ever holds money. */
export function usd(asked: Asked): Field<string> {
  return field(asked, { type: "line", inputMode: "decimal" }, (draft) => {
    const value = draft.trim();
    if (value === "") return { ok: false, code: "required" };
    return /^\d{1,9}(?:\.\d{1,9})?$/.test(value) ? { ok: true, value } : { ok: false, code: "amount" };
  });
}

/** A base URL. Which addresses are allowed, the relay says. */
export function address(asked: Asked): Field<string> {
  return field(asked, { type: "line", inputMode: "url" }, (draft) => {
    const value = draft.trim();
    if (value === "") return { ok: false, code: "required" };
    return /^https?:\/\/[^\s/]/i.test(value) && URL.canParse(value) ? { ok: true, value } : { ok: false, code: "url" };
  });
}

const DAY_MS = 86_400_000;
const OWN = "own";

/**
 * A time to come, as ISO 8601, or undefined for never. The draft is "" for never, a number of days from now, `own`
 * where a date is still to be chosen, or local time without a zone, as a `datetime-local` input has it.
 */
export function expiry(
  asked: Asked & { never: string; days: readonly Choice[]; own: string; ownLabel: string },
): Field<string | undefined> {
  const { never, days, own, ownLabel } = asked;
  const choices: Choice[] = [["", never], ...days, [OWN, own]];
  return field(asked, { type: "moment", choices, own: OWN, ownLabel }, (draft, now) => {
    if (draft === "") return { ok: true, value: undefined };
    const time = /^\d{1,5}$/.test(draft) ? now + Number(draft) * DAY_MS : new Date(draft).getTime();
    if (Number.isNaN(time)) return { ok: false, code: "date_missing" };
    return time > now ? { ok: true, value: new Date(time).toISOString() } : { ok: false, code: "date_past" };
  });
}

function field<Value>(asked: Asked, control: Control, read: Field<Value>["read"]): Field<Value> {
  return { label: asked.label, hint: asked.hint, control, initial: asked.initial ?? "", optional: false, read };
}

function given(draft: string): Reading<string> {
  return asTyped(draft.trim());
}

function asTyped(value: string): Reading<string> {
  return value === "" ? { ok: false, code: "required" } : { ok: true, value };
}
