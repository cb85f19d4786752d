/**
 * Finds top-level members of a JSON object in its bytes, without parsing the rest.
 *
 * A request body can be megabytes of conversation, of which the relay needs four values. `JSON.parse` of 2 MB costs 10 ms, the
 * whole CPU allowance of a request on the free plan. Strings are nearly all of the bytes. They are searched for their closing quote
 * four bytes at a time, in two steps per turn (a native `indexOf` per quote takes three times as long on code, which is full of
 * quotes). The structure (brackets, commas, colons, literals) is checked on the way, so that a broken body is refused here. Text
 * inside strings is not looked at.
 */
import { joined } from "../ground/bytes.ts";

/** Where a value lies in the bytes: `start` inclusive, `end` exclusive, quotes included. */
export interface Span {
  start: number;
  end: number;
}

/** Whether the bytes are JSON, as far as their structure shows. */
export type WalkResult = { ok: true } | { ok: false; detail: string };
export type ScanResult = { ok: true; members: Map<string, Span> } | { ok: false; detail: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_E = 0x65;
/** The bit by which a small letter differs from its capital. */
const LOWER_CASE = 0x20;

/** Deeper than any real request. Bounds the work that a hostile body can cause. */
const MAX_DEPTH = 1_000;
/** Bounds it too: every name is decoded and looked up, and fifty megabytes hold millions of short names. */
const MAX_MEMBERS = 10_000;

const decoder = new TextDecoder();

/** The body, as bytes and as little-endian words of four bytes, which is the order on every platform we run on. */
interface Text {
  bytes: Uint8Array;
  words: Int32Array;
  listener: Listener | undefined;
}

/** Hears of what a scan passes, in order. Spans of strings include their quotes. */
export interface Listener {
  /** A member's name, on any level, and where its value begins. */
  onName(start: number, end: number, value: number): void;
  /** A string value of at least `LONG_STRING` bytes. */
  onLongString(start: number, end: number): void;
}

/** Most strings are shorter. Reporting each of them would cost a quarter of the scan. */
export const LONG_STRING = 256;

function textOf(bytes: Uint8Array, listener?: Listener): Text {
  // Words can only be read from an aligned start, and an inflated body may lie anywhere in a pool of Node's. `slice` does not help:
  // on a Buffer it copies nothing.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return { bytes: aligned, words: new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2), listener };
}

/** The spans of the `wanted` top-level members. If a name is repeated, the last one counts, as in `JSON.parse`. */
export function scanTopLevel(body: Uint8Array, wanted: ReadonlySet<string>): ScanResult {
  const members = new Map<string, Span>();
  const visit = (name: string, value: Span) => {
    if (wanted.has(name)) members.set(name, value);
  };
  const walked = walkTopLevel(body, visit);
  return walked.ok ? { ok: true, members } : walked;
}

/** Calls `visit` for every top-level member, in order: with its name, escapes resolved, and the span of its value. */
export function walkTopLevel(
  body: Uint8Array,
  visit: (name: string, value: Span) => void,
  listener?: Listener,
): WalkResult {
  const text = textOf(body, listener);
  const { bytes } = text;
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_BRACE) return { ok: false, detail: "it must be an object" };
  at = skipSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_BRACE) return endOfDocument(bytes, at + 1);
  for (let count = 1; ; count++) {
    if (count > MAX_MEMBERS) return { ok: false, detail: `it has more than ${MAX_MEMBERS} members` };
    if (bytes[at] !== QUOTE) return brokenAt(bytes, at);
    const nameStart = at;
    const nameEnd = stringEnd(text, at);
    if (nameEnd < 0) return brokenAt(bytes, bytes.length);
    const name = nameOf(bytes, at, nameEnd);
    if (name === null) return brokenAt(bytes, at);
    at = skipSpace(bytes, nameEnd);
    if (bytes[at] !== COLON) return brokenAt(bytes, at);
    const start = skipSpace(bytes, at + 1);
    listener?.onName(nameStart, nameEnd, start);
    const end = valueEnd(text, start);
    if (end < 0) return brokenAt(bytes, -end - 1);
    visit(name, { start, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === CLOSE_BRACE) return endOfDocument(bytes, at + 1);
    if (bytes[at] !== COMMA) return brokenAt(bytes, at);
    at = skipSpace(bytes, at + 1);
  }
}

/** The parsed value of a span; undefined if its text is not valid JSON after all. */
export function parsedValue(bytes: Uint8Array, span: Span | undefined): unknown {
  if (!span) return undefined;
  try {
    return JSON.parse(decoder.decode(bytes.subarray(span.start, span.end)));
  } catch {
    return undefined;
  }
}

/** Far longer than any value of a request that is read. */
const LONGEST_READ = 64 * 1024;

/**
 * The same for a request's member. A value that is longer than any value that is read becomes an empty object: parsed, a body of
 * `[[],[],…` would take ten times its bytes of the memory that all requests share, and seconds of their time.
 */
export function boundedValue(bytes: Uint8Array, span: Span | undefined): unknown {
  return span && span.end - span.start > LONGEST_READ ? {} : parsedValue(bytes, span);
}

/** The elements of an array's span; null if it is no array, or longer than any that clients send. */
export function elementsOf(bytes: Uint8Array, array: Span): Span[] | null {
  if (bytes[array.start] !== OPEN_BRACKET) return null;
  const text = textOf(bytes);
  const elements: Span[] = [];
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

/** The first element of an array's span; undefined if it is empty or no array. */
export function firstElement(bytes: Uint8Array, array: Span): Span | undefined {
  if (bytes[array.start] !== OPEN_BRACKET) return undefined;
  const start = skipSpace(bytes, array.start + 1);
  const end = valueEnd(textOf(bytes), start);
  return end < 0 ? undefined : { start, end };
}

/** The bytes with the value at `span` replaced by `value`. Renames a model and keeps every other byte. */
export function splice(bytes: Uint8Array, span: Span, value: unknown): Uint8Array {
  return spliceText(bytes, span, JSON.stringify(value));
}

/** The same with `text` inserted as it is. */
export function spliceText(bytes: Uint8Array, span: Span, text: string): Uint8Array {
  return edited(bytes, [{ span, by: encoder.encode(text) }]);
}

/** Replaces the bytes at `span` by `by`. An empty span inserts `by`. */
export interface Edit {
  span: Span;
  by: Uint8Array;
}

/** The bytes with all of the edits, made in one copy. The spans must not overlap. */
export function edited(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const inOrder = [...edits].sort((a, b) => a.span.start - b.span.start);
  const grown = inOrder.reduce((more, { span, by }) => more + by.length - (span.end - span.start), 0);
  const written = new Uint8Array(bytes.length + grown);
  let from = 0;
  let to = 0;
  for (const { span, by } of inOrder) {
    written.set(bytes.subarray(from, span.start), to);
    to += span.start - from;
    written.set(by, to);
    to += by.length;
    from = span.end;
  }
  written.set(bytes.subarray(from), to);
  return written;
}

const encoder = new TextEncoder();

/** The object `{own…, members…}`. Each member's value is the bytes at its span. */
export function recomposed(own: object, bytes: Uint8Array, members: readonly [name: string, span: Span][]): Uint8Array {
  const pieces: Uint8Array[] = [encoder.encode(JSON.stringify(own).slice(0, -1))];
  for (const [name, { start, end }] of members) {
    pieces.push(encoder.encode(`,${JSON.stringify(name)}:`), bytes.subarray(start, end));
  }
  pieces.push(encoder.encode("}"));
  return joined(pieces);
}

/** The index after the value at `start`, or `-(index of the fault) - 1`. A loop, because a body may nest to any depth. */
function valueEnd(text: Text, start: number): number {
  const { bytes, listener } = text;
  /** The containers around `container`, which is the innermost one; 0 is the outside. */
  const around: number[] = [];
  let container = 0;
  let at = start;
  for (;;) {
    const first = bytes[at];
    if (first === QUOTE) {
      const end = stringEnd(text, at);
      if (end < 0) return -at - 1;
      if (end - at >= LONG_STRING + 2) listener?.onLongString(at, end);
      at = end;
    } else if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      if (around.length >= MAX_DEPTH) return -at - 1;
      const inside = skipSpace(bytes, at + 1);
      if (bytes[inside] === closerOf(first)) {
        at = inside + 1;
      } else {
        around.push(container);
        container = first;
        at = first === OPEN_BRACE ? afterName(text, inside) : inside;
        if (at < 0) return at;
        continue;
      }
    } else {
      const end = scalarEnd(bytes, at);
      if (end < 0) return -at - 1;
      at = end;
    }
    // A value has ended: close the containers that end here, then go on to the next sibling.
    for (;;) {
      if (container === 0) return at;
      at = skipSpace(bytes, at);
      if (bytes[at] === closerOf(container)) {
        container = around.pop() ?? 0;
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
  const { bytes, listener } = text;
  if (bytes[at] !== QUOTE) return -at - 1;
  const end = stringEnd(text, at);
  if (end < 0) return -at - 1;
  const colon = skipSpace(bytes, end);
  if (bytes[colon] !== COLON) return -colon - 1;
  const value = skipSpace(bytes, colon + 1);
  listener?.onName(at, end, value);
  return value;
}

const QUOTES = 0x22222222;
const LOW_BITS = 0x01010101;
const HIGH_BITS = 0x80808080;

/**
 * The index after the closing quote of the string at `start`, or -1. Most of the scan's time is spent here. The loop is written out
 * for two words at a time, which takes a third less time than one (measured).
 */
function stringEnd({ bytes, words }: Text, start: number): number {
  let word = (start + 1) >> 2;
  // In the first word only the bytes after the opening quote count.
  let counted = -1 << (((start + 1) & 3) << 3);
  for (; word + 1 < words.length; word += 2) {
    // XOR turns a quote into a zero byte, and `(x - 1) & ~x` sets the high bit of every zero byte (and of few others).
    const one = (words[word] ?? 0) ^ QUOTES;
    const two = (words[word + 1] ?? 0) ^ QUOTES;
    let inOne = (one - LOW_BITS) & ~one & HIGH_BITS & counted;
    let inTwo = (two - LOW_BITS) & ~two & HIGH_BITS;
    counted = -1;
    if ((inOne | inTwo) === 0) continue;
    for (; inOne !== 0; inOne &= inOne - 1) {
      const at = (word << 2) + lowestByte(inOne);
      if (bytes[at] === QUOTE && !isEscaped(bytes, at)) return at + 1;
    }
    for (; inTwo !== 0; inTwo &= inTwo - 1) {
      const at = (word << 2) + 4 + lowestByte(inTwo);
      if (bytes[at] === QUOTE && !isEscaped(bytes, at)) return at + 1;
    }
  }
  for (let at = Math.max(start + 1, word << 2); at < bytes.length; at++) {
    if (bytes[at] === QUOTE && !isEscaped(bytes, at)) return at + 1;
  }
  return -1;
}

/** The index of the byte in which the lowest set bit of a word lies. */
function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

/** Whether an odd number of backslashes precedes the quote at `at`. */
function isEscaped(bytes: Uint8Array, at: number): boolean {
  if (bytes[at - 1] !== BACKSLASH) return false;
  let backslashes = 1;
  while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

const LITERALS = ["true", "false", "null"].map((literal) => new TextEncoder().encode(literal));

/** The index after a number or literal, or -1. The caller checks what follows. */
function scalarEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first === MINUS || isDigit(first)) return numberEnd(bytes, at);
  const literal = LITERALS.find(([letter]) => letter === first);
  return literal?.every((letter, index) => bytes[at + index] === letter) ? at + literal.length : -1;
}

function numberEnd(bytes: Uint8Array, start: number): number {
  const whole = bytes[start] === MINUS ? start + 1 : start;
  let at = bytes[whole] === ZERO ? whole + 1 : digitsEnd(bytes, whole);
  if (at > 0 && bytes[at] === POINT) at = digitsEnd(bytes, at + 1);
  if (at > 0 && ((bytes[at] ?? 0) | LOWER_CASE) === LETTER_E) {
    const sign = bytes[at + 1];
    at = digitsEnd(bytes, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

/** The index after at least one digit, or -1. */
function digitsEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isDigit(bytes[at] ?? 0)) at++;
  return at > start ? at : -1;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let next = at;
  while (isSpace(bytes[next] ?? 0)) next++;
  return next;
}

function isSpace(byte: number): boolean {
  return byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function closerOf(opener: number): number {
  return opener === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
}

/** A member's name, escapes resolved (`"mod\u0065l"` is `model`); null if it is no valid string, or absurdly long. */
function nameOf(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start > LONGEST_READ) return null;
  const text = decoder.decode(bytes.subarray(start, end));
  if (!text.includes("\\")) return text.slice(1, -1);
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function endOfDocument(bytes: Uint8Array, at: number): WalkResult {
  const end = skipSpace(bytes, at);
  return end >= bytes.length ? { ok: true } : brokenAt(bytes, end);
}

function brokenAt(bytes: Uint8Array, at: number): WalkResult & { ok: false } {
  return {
    ok: false,
    detail: at >= bytes.length ? "it ends too early" : `unexpected character at byte ${at}`,
  };
}
