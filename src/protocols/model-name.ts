/**
 * Which names of models are accepted, from a path, a body, a form or an envelope. A name reaches the key's rules, the price list,
 * the ledger and sometimes a URL, so it is bounded before any of them sees it. Pure.
 */

/** Longer than the names of all providers, including Bedrock's ARNs. */
const LONGEST = 256;
/** U+FFFD is excluded: it stands for bytes that are no text. Other parsers leave those out, and so read another name. */
const PRINTABLE = /^(?! )(?:(?!\ufffd)[\p{L}\p{M}\p{N}\p{P}\p{S} ])+(?<! )$/u;
/** Excludes percent sign, slash and backslash, which a server could decode once more, and whatever ends a path. */
const SEGMENT = /^[\w.~@+-]+$/;
const NAMED_SEGMENT = /^[\w.~@+:[\] -]+$/;
const DOTS = /^\.+$/;

/** The rule for a model's name, in the words of a refusal. */
export const MODEL_NAME_RULE = `must be at most ${LONGEST} printable characters`;

/** At most 256 visible characters, with spaces only between them. `deepseek-r1:14b` and ARNs are fine. */
export function isModelName(name: string): boolean {
  return name.length <= LONGEST && PRINTABLE.test(name);
}

/**
 * Whether a name may become part of a URL's path. With `action`, a colon and the name of an action follow it, as in Gemini's
 * `{model}:generateContent`, so it may have no colon itself. It may have no slash there either, because paths behind a slash are
 * other resources of Google's, such as a model's operations.
 */
export function isPathName(name: string, { action }: { action: boolean }): boolean {
  const alphabet = action ? SEGMENT : NAMED_SEGMENT;
  const segments = action ? [name] : name.split("/");
  return isModelName(name) && segments.every((segment) => alphabet.test(segment) && !DOTS.test(segment));
}

/** Whether this may be the id of something that a provider stores, such as a response. */
export function isStoredId(id: string): boolean {
  return id.length <= LONGEST && /^[\w.~=-]+$/.test(id) && !DOTS.test(id);
}

/** The name as one or more segments of a path. */
export function pathOfName(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}
