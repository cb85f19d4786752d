/**
 * Finds top-level members of a JSON object in its bytes, without parsing the rest.
 *
 * A request body can be megabytes of conversation, of which the relay needs four values; `JSON.parse` of 2 MB costs
 * 10 ms, the whole CPU allowance of a request on the free plan. Strings, which are nearly all of the bytes, are
 * searched for their closing quote four bytes at a time (measured in workerd: 0.4 ms per megabyte; a native `indexOf`
 * per quote takes three times that on code, which is full of quotes). The structure is checked on the way (brackets,
 * commas, colons, literals), so that a broken body is refused here; text inside strings is not looked at.
 */

/** Where a value lies in the bytes: `start` inclusive, `end` exclusive, quotes included. */
export interface Slice {
  start: number;
  end: number;
}

/** Whether it is JSON at all, as far as its structure tells. */
export type Walk = { ok: true } | { ok: false; detail: string };
export type Scan = { ok: true; members: Map<string, Slice> } | { ok: false; detail: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Deeper than any real request; bounds the work that a hostile body can cause. */
const MAX_DEPTH = 1_000;
/** Likewise: every name is decoded and looked up, and fifty megabytes hold millions of short ones. */
const MAX_MEMBERS = 10_000;

const decoder = new TextDecoder();

/** The body, by bytes and by little-endian words of four, as every platform we run on has them. */
interface Text {
  bytes: Uint8Array;
  words: Int32Array;
  onString: OnString | undefined;
}

/** Told of every string that a scan passes, name or value, in order; quotes included. */
export type OnString = (start: number, end: number) => void;

function textOf(bytes: Uint8Array, onString?: OnString): Text {
  // Words can only be seen from an aligned start; an inflated body may lie anywhere in a pool of Node's.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return { bytes: aligned, words: new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2), onString };
}

/** The slices of the `wanted` top-level members. Of a repeated name the last counts, as in `JSON.parse`. */
export function scanTopLevel(body: Uint8Array, wanted: ReadonlySet<string>, onString?: OnString): Scan {
  const members = new Map<string, Slice>();
  const visit = (name: string, value: Slice) => {
    if (wanted.has(name)) members.set(name, value);
  };
  const walked = walkTopLevel(body, visit, onString);
  return walked.ok ? { ok: true, members } : walked;
}

/** Calls `visit` with every top-level member, in their order: its name, escapes resolved, and where its value lies. */
export function walkTopLevel(body: Uint8Array, visit: (name: string, value: Slice) => void, onString?: OnString): Walk {
  const text = textOf(body, onString);
  const { bytes } = text;
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return { ok: false, detail: "it must be an object" };
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_BRACE) return endOfDocument(bytes, at + 1);
  for (let count = 1; ; count++) {
    if (count > MAX_MEMBERS) return { ok: false, detail: `it has more than ${MAX_MEMBERS} members` };
    if (bytes[at] !== QUOTE) return brokenAt(bytes, at);
    const nameEnd = stringEnd(text, at);
    if (nameEnd < 0) return brokenAt(bytes, bytes.length);
    const name = nameOf(bytes, at, nameEnd);
    if (name === null) return brokenAt(bytes, at);
    at = skipSpace(bytes, nameEnd);
    if (bytes[at] !== COLON) return brokenAt(bytes, at);
    const start = skipSpace(bytes, at + 1);
    const end = valueEnd(text, start);
    if (end < 0) return brokenAt(bytes, -end - 1);
    visit(name, { start, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === CLOSE_BRACE) return endOfDocument(bytes, at + 1);
    if (bytes[at] !== COMMA) return brokenAt(bytes, at);
    at = skipSpace(bytes, at + 1);
  }
}

/** The parsed value of a slice; undefined when its text is not valid JSON after all. */
export function parsedValue(bytes: Uint8Array, slice: Slice | undefined): unknown {
  if (!slice) return undefined;
  try {
    return JSON.parse(decoder.decode(bytes.subarray(slice.start, slice.end)));
  } catch {
    return undefined;
  }
}

/** The elements of an array's slice; null when it is no array, or a longer one than anybody sends. */
export function elementsOf(bytes: Uint8Array, array: Slice): Slice[] | null {
  if (bytes[array.start] !== OPEN_BRACKET) return null;
  const text = textOf(bytes);
  const elements: Slice[] = [];
  let start = skipSpace(bytes, array.start + 1);
  while (start < array.end && bytes[start] !== CLOSE_BRACKET) {
    const end = valueEnd(text, start);
    if (end < 0 || elements.length >= MAX_MEMBERS) return null;
    elements.push({ start, end });
    const next = skipSpace(bytes, end);
    start = bytes[next] === COMMA ? skipSpace(bytes, next + 1) : next;
  }
  return elements;
}

/** The first element of an array's slice; undefined when it is empty or no array. */
export function firstElement(bytes: Uint8Array, array: Slice): Slice | undefined {
  if (bytes[array.start] !== OPEN_BRACKET) return undefined;
  const start = skipSpace(bytes, array.start + 1);
  const end = valueEnd(textOf(bytes), start);
  return end < 0 ? undefined : { start, end };
}

/** The bytes with the value at `slice` replaced by `value`: a rename that leaves every other byte as it was. */
export function splice(bytes: Uint8Array, slice: Slice, value: unknown): Uint8Array {
  return spliceText(bytes, slice, JSON.stringify(value));
}

/** The same with `text` as it is. */
export function spliceText(bytes: Uint8Array, slice: Slice, text: string): Uint8Array {
  const replacement = new TextEncoder().encode(text);
  const spliced = new Uint8Array(bytes.length - (slice.end - slice.start) + replacement.length);
  spliced.set(bytes.subarray(0, slice.start));
  spliced.set(replacement, slice.start);
  spliced.set(bytes.subarray(slice.end), slice.start + replacement.length);
  return spliced;
}

/** The index after the value at `at`, or `-(index of the fault) - 1`. Iterative: a body may nest as it likes. */
function valueEnd(text: Text, start: number): number {
  const { bytes } = text;
  const open: number[] = [];
  let at = start;
  for (;;) {
    const first = bytes[at];
    if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      if (open.length >= MAX_DEPTH) return -at - 1;
      const inside = skipSpace(bytes, at + 1);
      if (bytes[inside] === closerOf(first)) {
        at = inside + 1;
      } else {
        open.push(first);
        at = first === OPEN_BRACE ? afterName(text, inside) : inside;
        if (at < 0) return at;
        continue;
      }
    } else {
      const end = first === QUOTE ? stringEnd(text, at) : scalarEnd(bytes, at);
      if (end < 0) return -at - 1;
      at = end;
    }
    // A value has ended: close what it closes, then go on to its next sibling.
    for (;;) {
      const container = open.at(-1);
      if (container === undefined) return at;
      at = skipSpace(bytes, at);
      if (bytes[at] === closerOf(container)) {
        open.pop();
        at++;
        continue;
      }
      if (bytes[at] !== COMMA) return -at - 1;
      at = skipSpace(bytes, at + 1);
      if (container === OPEN_BRACE) at = afterName(text, at);
      if (at < 0) return at;
      break;
    }
  }
}

/** The index of the value after `"name" :`, or `-(index of the fault) - 1`. */
function afterName(text: Text, at: number): number {
  const { bytes } = text;
  if (bytes[at] !== QUOTE) return -at - 1;
  const end = stringEnd(text, at);
  if (end < 0) return -at - 1;
  const colon = skipSpace(bytes, end);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : -colon - 1;
}

/** The index after the string's closing quote, or -1. A quote is escaped when an odd run of backslashes precedes it. */
function stringEnd(text: Text, at: number): number {
  const { bytes } = text;
  for (let quote = nextQuote(text, at + 1); quote >= 0; quote = nextQuote(text, quote + 1)) {
    let backslashes = 0;
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) {
      text.onString?.(at, quote + 1);
      return quote + 1;
    }
  }
  return -1;
}

const QUOTES = 0x22222222;
const LOW_BITS = 0x01010101;
const HIGH_BITS = 0x80808080;

/** The index of the next quote at or after `from`, or -1. */
function nextQuote({ bytes, words }: Text, from: number): number {
  // Of the first word only the bytes from `from` on count.
  let counted = -1 << ((from & 3) << 3);
  for (let word = from >> 2; word < words.length; word++) {
    // A byte that is a quote becomes zero, and `(x - 1) & ~x` has the high bit of every zero byte (and of few others).
    const differing = (words[word] ?? 0) ^ QUOTES;
    if (((differing - LOW_BITS) & ~differing & HIGH_BITS & counted) !== 0) {
      for (let at = Math.max(from, word << 2); at < (word + 1) << 2; at++) if (bytes[at] === QUOTE) return at;
    }
    counted = -1;
  }
  for (let at = Math.max(from, words.length << 2); at < bytes.length; at++) if (bytes[at] === QUOTE) return at;
  return -1;
}

const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** The index after a number or literal, or -1. */
function scalarEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && !isDelimiter(bytes[end])) end++;
  // The longest number anybody sends is far below this; a longer run of letters is no scalar.
  if (end === at || end - at > 400) return -1;
  return SCALAR.test(decoder.decode(bytes.subarray(at, end))) ? end : -1;
}

function isDelimiter(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte) || byte === COLON;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let next = at;
  while (isSpace(bytes[next])) next++;
  return next;
}

function closerOf(opener: number): number {
  return opener === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
}

/** A member's name, escapes resolved (`"mod\u0065l"` is `model`); null when it is not a valid string. */
function nameOf(bytes: Uint8Array, start: number, end: number): string | null {
  const text = decoder.decode(bytes.subarray(start, end));
  if (!text.includes("\\")) return text.slice(1, -1);
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function endOfDocument(bytes: Uint8Array, at: number): Walk {
  const end = skipSpace(bytes, at);
  return end >= bytes.length ? { ok: true } : brokenAt(bytes, end);
}

function brokenAt(bytes: Uint8Array, at: number): Walk & { ok: false } {
  return {
    ok: false,
    detail: at >= bytes.length ? "it ends too early" : `unexpected character at byte ${at}`,
  };
}
