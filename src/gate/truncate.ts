/**
 * What enters the gate's stored value is truncated: a value holds 2 MB, and one that is larger cannot be written, so that an
 * eviction would lose every limit of the key. Texts come from clients and upstreams, whatever checks they passed before.
 */

/** Longer than any name, id or fault that is really used. */
const TEXT_MAX = 256;
/** More tries than a request may have. */
const LIST_MAX = 16;
/** What a text may hold that must be replaced: control characters and halves of characters. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** The value with its texts and lists cut to size, and free of what a database or a reader stumbles over. */
export function truncated<Value>(value: Value): Value {
  return truncatedPart(value) as Value;
}

function truncatedPart(value: unknown): unknown {
  if (typeof value === "string") return truncatedText(value);
  if (Array.isArray(value)) return value.slice(0, LIST_MAX).map(truncatedPart);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, truncatedPart(member)]));
}

function truncatedText(text: string): string {
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…` : text;
  return UNFIT.test(short) ? short.toWellFormed().replaceAll(/\p{Cc}/gu, "\u{fffd}") : short;
}
