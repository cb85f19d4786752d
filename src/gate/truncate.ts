/**
 * Truncates what goes into the gate's stored value. A value holds 2 MB; a larger one cannot be written, and an eviction would then lose
 * every limit of the key. Texts come from clients and upstreams, whatever checks they passed before.
 */

/** Any name, id or fault that is really used is shorter. */
const TEXT_MAX = 256;
/** A request has fewer tries. */
const LIST_MAX = 16;
/** Characters that are replaced: control characters, and surrogates without their other half. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;

/** The value with its texts and lists cut to size, and without characters that a database or a reader stumbles over. */
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
