/**
 * The members of a request body that the relay reads, each exactly once and under its exact name.
 *
 * Parsers differ: of a repeated member one takes the first and one the last, some (Go's above all) take `MODEL` for
 * `model`, some end a name at a zero byte. What the relay reads must be what every upstream reads, so whatever could
 * be read in two ways is refused. Members that the relay does not read pass as they are.
 */
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import { boundedValue, type Listener, type Span, walkTopLevel } from "./scan.ts";

/** The wanted members of one kind of object: how each may be written, and what it is called here. */
export interface Vocabulary {
  /** Accepted spelling → the member's name. */
  spellings: ReadonlyMap<string, string>;
  /** What an accepted spelling looks like to a careless parser → the member's name. */
  lookalikes: ReadonlyMap<string, string>;
}

/** The vocabulary of these names. `proto`: JSON of protocol buffers, which takes `generation_config` as well. */
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
  /** What was read; `spans` lie in it. */
  readonly bytes: Uint8Array;
  readonly spans: ReadonlyMap<string, Span>;

  constructor(bytes: Uint8Array, spans: ReadonlyMap<string, Span>) {
    this.bytes = bytes;
    this.spans = spans;
  }

  has(name: string): boolean {
    return this.spans.has(name);
  }

  /** The parsed value; undefined where there is none, `{}` where it is too long to be one that is read. */
  value(name: string): unknown {
    return boundedValue(this.bytes, this.spans.get(name));
  }

  /** The members of an object inside; none where it is absent or no object. */
  inside(name: string, vocabulary: Vocabulary): Result<Members, Refusal> {
    const span = this.spans.get(name);
    return span ? membersIn(this.bytes, span, vocabulary, name) : { ok: true, value: NOTHING };
  }
}

const NOTHING = new Members(new Uint8Array(), new Map());

/** The wanted members of a whole body; a refusal where it is no JSON object, or could be read in two ways. */
export function readMembers(body: Uint8Array, vocabulary: Vocabulary, listener?: Listener): Result<Members, Refusal> {
  return collect(body, vocabulary, "", listener);
}

/** The same for an object inside of `body`, for messages called `path`; nothing is found in what is no object. */
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

/** The refusal of a member that could be read in two ways, or has no value that can be served. */
export function memberRefused(member: string, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { reason: "member_refused", member, detail } };
}

const OPEN_BRACE = 0x7b;
/** No wanted name is nearly as long, whatever is put between its letters; behind a zero byte anything may follow. */
const LONGEST_NAME = 200;

/**
 * What a name is to a careless parser: cut at a zero byte, without what cannot be seen or decoded, without regard to
 * case, where Go's way of folding takes `ſ` for `s` and the Kelvin sign for `k`.
 */
function folded(name: string): string {
  // Nearly every name; what follows costs ten times as much.
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
