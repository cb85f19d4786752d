/**
 * What may be a model's name, wherever it comes from: a path, a body, a form, an envelope. A name reaches the key's
 * rules, the price list, the ledger and sometimes a URL, so it is bounded before any of them sees it. Pure.
 */

/** Longer than any provider's name, an ARN of Bedrock included. */
const LONGEST = 256;
/** Not U+FFFD, which stands for bytes that are no text: other parsers leave them out, and read another name. */
const PRINTABLE = /^(?! )(?:(?!\ufffd)[\p{L}\p{M}\p{N}\p{P}\p{S} ])+(?<! )$/u;
/** No percent sign, slash or backslash that a server behind could decode once more, nothing that ends a path. */
const SEGMENT = /^[\w.~@+-]+$/;
const NAMED_SEGMENT = /^[\w.~@+:[\] -]+$/;
const DOTS = /^\.+$/;

/** What a model's name must be, for a refusal. */
export const MODEL_NAME_RULE = `must be at most ${LONGEST} printable characters`;

/** At most 256 characters that can be seen; a space only between them. `deepseek-r1:14b` and ARNs are fine. */
export function isModelName(name: string): boolean {
  return name.length <= LONGEST && PRINTABLE.test(name);
}

/**
 * Whether a name may become part of a URL's path. `action`: a colon follows it there and says what is to be done, as in
 * Gemini's `{model}:generateContent`, so that the name can have none. It has no slash there either: behind one lie other
 * resources of Google's, such as a model's operations.
 */
export function isPathName(name: string, { action }: { action: boolean }): boolean {
  const alphabet = action ? SEGMENT : NAMED_SEGMENT;
  const segments = action ? [name] : name.split("/");
  return isModelName(name) && segments.every((segment) => alphabet.test(segment) && !DOTS.test(segment));
}

/** An id of something that a provider stores, such as a response. */
export function isStoredId(id: string): boolean {
  return id.length <= LONGEST && /^[\w.~=-]+$/.test(id) && !DOTS.test(id);
}

/** The name as one or more segments of a path. */
export function pathOfName(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}
