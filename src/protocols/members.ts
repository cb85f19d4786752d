/**
 * The members of a request body that the relay reads, each of them exactly once and under its exact name.
 *
 * Parsers differ: of a repeated member some take the first and some the last, some (above all Go's) take `MODEL` for `model`, some
 * end a name at a zero byte. The relay must read what every upstream reads, so it refuses whatever could be read in two ways.
 * Members that the relay does not read pass unchanged.
 */
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import { boundedValue, type Listener, type Span, walkTopLevel } from "./scan.ts";

/** The members that are wanted of one kind of object: how each may be spelled, and its name here. */
export interface Vocabulary {
  /** Accepted spelling → the member's name. */
  spellings: ReadonlyMap<string, string>;
  /** What a careless parser makes of an accepted spelling → the member's name. */
  lookalikes: ReadonlyMap<string, string>;
}

/** The vocabulary of these names. `proto`: the object is protocol-buffer JSON, which accepts `generation_config` too. */
export function vocabularyOf(names: readonly string[], { proto = false } = {}): Vocabulary {
  const spellings = new Map<string, string>();
  for (const name of names) {
    spellings.set(name, name);
    if (proto) spellings.set(snakeCase(name), name);
  }
  return { spellings, lookalikes: new Map([...spellings].map(([spelling, name]) => [folded(spelling), name])) };
}

/** The members that were found. */
export class Members {
  /** The bytes that were read. The `spans` refer to them. */
  readonly bytes: Uint8Array;
  readonly spans: ReadonlyMap<string, Span>;

  constructor(bytes: Uint8Array, spans: ReadonlyMap<string, Span>) {
    this.bytes = bytes;
    this.spans = spans;
  }

  has(name: string): boolean {
    return this.spans.has(name);
  }

  /** The parsed value; undefined if the member is absent, `{}` if it is longer than any value that is read. */
  value(name: string): unknown {
    return boundedValue(this.bytes, this.spans.get(name));
  }

  /** The members of an object inside; none if it is absent or no object. */
  inside(name: string, vocabulary: Vocabulary): Result<Members, Refusal> {
    const span = this.spans.get(name);
    return span ? membersIn(this.bytes, span, vocabulary, name) : { ok: true, value: NOTHING };
  }
}

const NOTHING = new Members(new Uint8Array(), new Map());

/** The wanted members of a whole body. Refuses a body that is no JSON object or could be read in two ways. */
export function readMembers(body: Uint8Array, vocabulary: Vocabulary, listener?: Listener): Result<Members, Refusal> {
  return collect(body, vocabulary, "", listener);
}

/** The same for an object inside `body`. Messages name it by `path`. Finds nothing in a value that is no object. */
export function membersIn(body: Uint8Array, span: Span, vocabulary: Vocabulary, path: string) {
  const bytes = body.subarray(span.start, span.end);
  if (bytes[0] !== OPEN_BRACE) return { ok: true as const, value: NOTHING };
  return collect(bytes, vocabulary, `${path}.`);
}

function collect(
  bytes: Uint8Array,
  vocabulary: Vocabulary,
  prefix: string,
  listener?: Listener,
): Result<Members, Refusal> {
  const { spellings, lookalikes } = vocabulary;
  const spans = new Map<string, Span>();
  let refused: ReturnType<typeof memberRefused> | null = null;
  const visit = (whole: string, value: Span) => {
    const spelling = whole.slice(0, LONGEST_NAME);
    const name = spellings.get(spelling) ?? lookalikes.get(folded(spelling));
    if (!name) return;
    if (spellings.get(spelling) !== name)
      refused ??= memberRefused(prefix + name, `it must be written like this, not ${JSON.stringify(spelling)}`);
    else if (spans.has(name)) refused ??= memberRefused(prefix + name, "it is given more than once");
    else spans.set(name, value);
  };
  const walked = walkTopLevel(bytes, visit, listener);
  if (!walked.ok) return { ok: false, refusal: { reason: "body_malformed", detail: walked.detail } };
  return refused ?? { ok: true, value: new Members(bytes, spans) };
}

/** Refuses a member that could be read in two ways, or whose value cannot be served. */
export function memberRefused(member: string, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { reason: "member_refused", member, detail } };
}

const OPEN_BRACE = 0x7b;
/** Far longer than any wanted name, even with invisible characters between its letters. After a zero byte anything may follow. */
const LONGEST_NAME = 200;

/**
 * The name as a careless parser takes it: cut at a zero byte, without invisible and undecodable characters, and in lower case.
 * Go's folding takes `ſ` for `s` and the Kelvin sign for `k`.
 */
function folded(name: string): string {
  // True for nearly every name. The rest costs ten times as much.
  if (/^[\x21-\x7e]*$/.test(name)) return name.toLowerCase();
  const [visible = ""] = name.split("\0");
  return visible
    .replace(/[\p{C}\p{Z}\ufffd]/gu, "")
    .toUpperCase()
    .toLowerCase();
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
