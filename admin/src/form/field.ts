/**
 * A field of a form: a description of how a value is asked for, and how what was typed is read. Pure. A form is a record of these under the
 * API's names; `form.ts` holds what was typed, `field-view.tsx` draws them.
 */
import type { FieldCode } from "./problem.ts";

/** What was typed, by field name. Every draft is text, whatever its control. */
export type Drafts = Readonly<Record<string, string>>;

export type Reading<Value> = { ok: true; value: Value } | { ok: false; code: FieldCode; limit?: number };

export type Choice<Value extends string = string> = readonly [value: Value, label: string];

export type Control =
  | { type: "line"; inputMode?: "numeric" | "decimal" | "url" }
  /** Hides its characters, and no browser offers to save it: a secret for another service than the console. */
  | { type: "secret"; lines?: true }
  /** The sign-in of the console itself. */
  | { type: "sign-in"; part: "username" | "current-password" }
  | { type: "choice"; choices: readonly Choice[] }
  /** One value per line. */
  | { type: "lines"; placeholder?: string | undefined }
  | { type: "switch" }
  /** Any number of the choices. The draft has one per line. */
  | { type: "several"; choices: readonly Choice[] }
  /** One of the choices, or a chosen time under `own`. */
  | { type: "moment"; choices: readonly Choice[]; own: string; ownLabel: string };

export interface Field<Value> {
  label: string;
  hint?: string | undefined;
  control: Control;
  /** The draft of a form that nobody has touched. */
  initial: string;
  optional: boolean;
  /** False while another field's draft makes this one meaningless. Then it is not read. */
  applies?: (drafts: Drafts) => boolean;
  /** Whether it is also hidden then. */
  hides?: boolean;
  /** `now` in milliseconds since the epoch. */
  read(draft: string, now: number): Reading<Value>;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F> = F extends Field<infer Value> ? Value : never;

/** The values of a form's fields. Fields that may be undefined are left out if they are. */
export type Values<Of extends Fields> = {
  [Name in keyof Of as undefined extends ValueOf<Of[Name]> ? never : Name]: ValueOf<Of[Name]>;
} & {
  [Name in keyof Of as undefined extends ValueOf<Of[Name]> ? Name : never]?: Exclude<ValueOf<Of[Name]>, undefined>;
};

/** What every function that makes a field takes. */
interface Asked {
  label: string;
  hint?: string | undefined;
  initial?: string | undefined;
}

/** The same field, but it may stay empty. */
export function optional<Value>(field: Field<Value>): Field<Value | undefined> {
  return {
    ...field,
    optional: true,
    read: (draft, now) => (draft.trim() === "" ? { ok: true, value: undefined } : field.read(draft, now)),
  };
}

/** The same field, but it is read only if `applies` allows it. */
export function onlyWhere<Value>(applies: (drafts: Drafts) => boolean, field: Field<Value>): Field<Value | undefined> {
  return { ...field, applies };
}

/** The same field, but it is read and shown only if `applies` allows it. */
export function shownWhere<Value>(applies: (drafts: Drafts) => boolean, field: Field<Value>): Field<Value | undefined> {
  return { ...field, applies, hides: true };
}

/** The same field, but if it is emptied its value is null, which removes a limit. */
export function orNull<Value>(field: Field<Value>): Field<Value | null> {
  return {
    ...field,
    optional: true,
    read: (draft, now) => (draft.trim() === "" ? { ok: true, value: null } : field.read(draft, now)),
  };
}

/** The same field, but it may stay empty and then has that value: a list without elements, an empty text. */
export function maybeEmpty(field: Field<string>): Field<string> {
  return { ...field, optional: true, read: (draft) => ({ ok: true, value: draft.trim() }) };
}

/** The same field, read as another value. */
export function mapped<Value, Other>(field: Field<Value>, to: (value: Value) => Other): Field<Other> {
  return {
    ...field,
    read: (draft, now) => {
      const reading = field.read(draft, now);
      return reading.ok ? { ok: true, value: to(reading.value) } : reading;
    },
  };
}

/** The same field, but its value is not sent. Other fields depend on the choice in it. */
export function unsent<Value>(field: Field<Value>): Field<undefined> {
  return mapped(field, () => undefined);
}

/** The same field, but an unchanged value is always valid: what was right once need not be valid if entered again. */
export function asItIs<Value>(field: Field<Value>, value: Value): Field<Value> {
  return { ...field, read: (draft, now) => (draft === field.initial ? { ok: true, value } : field.read(draft, now)) };
}

export function text(asked: Asked): Field<string> {
  return field(asked, { type: "line" }, given);
}

export function secret(asked: Asked): Field<string> {
  return field(asked, { type: "secret" }, given);
}

/** Several secrets, one per line. */
export function secrets(asked: Asked): Field<string[]> {
  const control: Control = { type: "secret", lines: true };
  return { ...field(asked, control, (draft) => ({ ok: true, value: linesIn(draft) })), optional: true };
}

/** The only field whose draft is not trimmed, because a password may begin or end with a space. */
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

/** A whole number from `least` to `most`. */
export function whole(asked: Asked, least: number, most: number): Field<number> {
  return field(asked, { type: "line", inputMode: "numeric" }, (draft) => {
    if (draft.trim() === "") return { ok: false, code: "required" };
    const value = /^\d{1,15}$/.test(draft.trim()) ? Number(draft.trim()) : Number.NaN;
    if (Number.isNaN(value)) return { ok: false, code: "number" };
    if (value < least) return { ok: false, code: "too_small", limit: least };
    return value <= most ? { ok: true, value } : { ok: false, code: "too_big", limit: most };
  });
}

/** A number of seconds, possibly with tenths, from `least` to `most`. */
export function seconds(asked: Asked, least: number, most: number): Field<number> {
  return field(asked, { type: "line", inputMode: "decimal" }, (draft) => {
    if (draft.trim() === "") return { ok: false, code: "required" };
    if (!/^\d{1,6}(?:\.\d{1,3})?$/.test(draft.trim())) return { ok: false, code: "amount" };
    const value = Number(draft.trim());
    if (value < least) return { ok: false, code: "too_small", limit: least };
    return value <= most ? { ok: true, value } : { ok: false, code: "too_big", limit: most };
  });
}

/** A factor such as 1.25. */
export function factor(asked: Asked): Field<number> {
  return field(asked, { type: "line", inputMode: "decimal" }, (draft) => {
    const value = /^\d{1,4}(?:\.\d{1,3})?$/.test(draft.trim()) ? Number(draft.trim()) : Number.NaN;
    return Number.isNaN(value) ? { ok: false, code: "amount" } : { ok: true, value };
  });
}

/** A list of texts, one per line. Empty lines are ignored. */
export function lines(asked: Asked & { placeholder?: string }): Field<string[]> {
  const control: Control = { type: "lines", placeholder: asked.placeholder };
  return { ...field(asked, control, (draft) => ({ ok: true, value: linesIn(draft) })), optional: true };
}

/** Names and their values, as `name = value` lines. */
export function pairs(asked: Asked & { placeholder?: string; between: "=" | ":" }): Field<Record<string, string>> {
  const control: Control = { type: "lines", placeholder: asked.placeholder };
  const read = (draft: string): Reading<Record<string, string>> => {
    const value: Record<string, string> = {};
    for (const line of linesIn(draft)) {
      const at = line.indexOf(asked.between);
      const name = line.slice(0, at).trim();
      const stands = line.slice(at + 1).trim();
      if (at < 1 || name === "" || stands === "") return { ok: false, code: "pair" };
      value[name] = stands;
    }
    return { ok: true, value };
  };
  return { ...field(asked, control, read), optional: true };
}

export function pairLines(pairs: Readonly<Record<string, string>>, between: "=" | ":"): string {
  const middle = between === "=" ? " = " : ": ";
  return Object.entries(pairs)
    .map(([name, value]) => `${name}${middle}${value}`)
    .join("\n");
}

/** An object, as JSON; empty if nothing was typed. The relay checks its members. */
export function json(asked: Asked & { placeholder?: string }): Field<Readonly<Record<string, unknown>>> {
  const control: Control = { type: "lines", placeholder: asked.placeholder };
  const read = (draft: string): Reading<Readonly<Record<string, unknown>>> => {
    const value = draft.trim() === "" ? {} : parsed(draft);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { ok: true, value: value as Readonly<Record<string, unknown>> } : { ok: false, code: "json" };
  };
  return { ...field(asked, control, read), optional: true };
}

/** The draft of `json` for `value`. */
export function jsonDraft(value: object): string {
  return Object.keys(value).length === 0 ? "" : JSON.stringify(value, null, 2);
}

/** Undefined if it is no JSON. */
function parsed(draft: string): unknown {
  try {
    return JSON.parse(draft);
  } catch {
    return undefined;
  }
}

export function flag(asked: Asked): Field<boolean> {
  return { ...field(asked, { type: "switch" }, (draft) => ({ ok: true, value: draft !== "" })), optional: true };
}

/** The draft of `flag` for `value`. */
export function flagDraft(value: boolean): string {
  return value ? "1" : "";
}

export function several<Value extends string>(asked: Asked, choices: readonly Choice<Value>[]): Field<Value[]> {
  const read = (draft: string): Reading<Value[]> => {
    const chosen = linesIn(draft);
    return { ok: true, value: choices.map(([value]) => value).filter((value) => chosen.includes(value)) };
  };
  return { ...field(asked, { type: "several", choices }, read), optional: true };
}

export function oneOf<Value extends string>(asked: Asked, choices: readonly Choice<Value>[]): Field<Value> {
  const read = (draft: string): Reading<Value> => {
    const chosen = choices.find(([value]) => value === draft);
    return chosen ? { ok: true, value: chosen[0] } : { ok: false, code: "required" };
  };
  const initial = asked.initial ?? choices[0]?.[0] ?? "";
  return field({ ...asked, initial }, { type: "choice", choices }, read);
}

/** Decimal USD, kept as text: no float ever holds money. */
export function usd(asked: Asked): Field<string> {
  return field(asked, { type: "line", inputMode: "decimal" }, (draft) => {
    const value = draft.trim();
    if (value === "") return { ok: false, code: "required" };
    return /^\d{1,9}(?:\.\d{1,9})?$/.test(value) ? { ok: true, value } : { ok: false, code: "amount" };
  });
}

/** A base URL. The relay checks which addresses are allowed. */
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
 * A future time, as ISO 8601, or undefined for never. The draft is "" for never, a number of days from now, `own` while a date is still
 * to be chosen, or the time in `zone`, in the form of a `datetime-local` input.
 */
export function expiry(
  asked: Asked & { never: string; days: readonly Choice[]; own: string; ownLabel: string; zone: string },
): Field<string | undefined> {
  const { never, days, own, ownLabel, zone } = asked;
  const choices: Choice[] = [["", never], ...days, [OWN, own]];
  return field(asked, { type: "moment", choices, own: OWN, ownLabel }, (draft, now) => {
    if (draft === "") return { ok: true, value: undefined };
    const time = /^\d{1,5}$/.test(draft) ? now + Number(draft) * DAY_MS : Date.parse(draft + zone);
    if (Number.isNaN(time)) return { ok: false, code: "date_missing" };
    return time > now ? { ok: true, value: new Date(time).toISOString() } : { ok: false, code: "date_past" };
  });
}

function field<Value>(asked: Asked, control: Control, read: Field<Value>["read"]): Field<Value> {
  return { label: asked.label, hint: asked.hint, control, initial: asked.initial ?? "", optional: false, read };
}

function linesIn(draft: string): string[] {
  return draft
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function given(draft: string): Reading<string> {
  return asTyped(draft.trim());
}

function asTyped(value: string): Reading<string> {
  return value === "" ? { ok: false, code: "required" } : { ok: true, value };
}
