/** When something ends, in a form: never, in some days, or on a date. A past date may stay if it is unchanged. */
import { asItIs, type Choice, expiry, type Field, orNull } from "../../form/field.ts";
import { zone } from "../../locale/strings.ts";
import { localTimeIn } from "../../locale/zone.ts";
import { words } from "./words.ts";

const DAYS = [1, 7, 30, 90, 365];

/** `ends`: the present value, ISO 8601; null: never. */
export function expiryField(label: string, ends: string | null): Field<string | null | undefined> {
  const field = expiry({
    label,
    never: words.expiryNever,
    days: DAYS.map((days): Choice => [String(days), words.expiryDays(days)]),
    own: words.expiryDate,
    ownLabel: words.expiryOn(`UTC${zone}`),
    zone,
    initial: ends === null ? "" : localTimeIn(zone, ends),
  });
  return asItIs(orNull(field), ends);
}
