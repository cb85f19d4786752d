/** When something ends, in a form: never, in some days, or on a date. A date that has passed may stay as it is. */
import { asItIs, type Choice, expiry, type Field, orNull } from "../../form/field.ts";
import { words } from "./words.ts";

const DAYS = [1, 7, 30, 90, 365];

/** `ends`: as it is now, ISO 8601; null: never. */
export function expiryField(label: string, ends: string | null): Field<string | null | undefined> {
  const field = expiry({
    label,
    never: words.expiryNever,
    days: DAYS.map((days): Choice => [String(days), words.expiryDays(days)]),
    own: words.expiryDate,
    ownLabel: words.expiryOn,
    initial: ends === null ? "" : localTime(ends),
  });
  return asItIs(orNull(field), ends);
}

/** As a `datetime-local` input has it, in the reader's own zone. */
function localTime(iso: string): string {
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
