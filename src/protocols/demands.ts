/**
 * What a request asks for besides its model: how much input its body holds, which content outside the body it refers to, and
 * which hosted tools it allows to run. This is read for admission, so it must be cheap: the one scan of the body reports every
 * name, on whatever level, and every long string. Nothing is parsed.
 *
 * The scan does not report the level of a name. So something may be taken for a reference that is none. The relay then reserves
 * more than needed, but books nothing by it.
 */
import type { UnitField } from "../vocabulary.ts";
import { type Meaning, NAMES, TYPES } from "./demand-names.ts";
import { IMAGE_TOKENS_AT_MOST, mediaTokensOf } from "./estimate.ts";
import { CHARACTERS_PER_TOKEN } from "./meter.ts";
import { type Listener, LONG_STRING } from "./scan.ts";
import { CARRIED_PREFIX, CARRIED_PREFIX_BASE64 } from "./translate/carried.ts";

export interface Demands {
  /** An estimate: text counts a token per four bytes (a Chinese character has about three bytes), media count by their kind. */
  inputTokens: number;
  /** Something outside the body becomes input too: a file, a URL, an earlier response, the results of a hosted tool. */
  refers: boolean;
  /** A file in Gemini's format lies in Google Cloud Storage, which is read with the rights of the account that asks. */
  inCloud: boolean;
  /** One of Google's tools may read a store of documents, also with the account's rights. */
  retrieves: boolean;
  /** How many of its tools let the model ask another model. */
  advisors: number;
  /** Some object holds only an id. In a list of input that is a stored item, which OpenAI accepts without a `type`. */
  bareId: boolean;
  /** How many times the least memory its containers of code have. They cost as many times as much. */
  containerSize: number;
  /** The most calls of those hosted tools that are billed by the call. */
  most: Partial<Record<UnitField | "webSearches", number>>;
  /** The body may hold content that one provider wants back and the client got through another format (translate/carried.ts). */
  carries: boolean;
}

export const NO_DEMANDS: Demands = {
  ...{ inputTokens: 0, refers: false, inCloud: false, retrieves: false, advisors: 0, bareId: false, carries: false },
  most: {},
  containerSize: 1,
};

/** Anthropic ends its own loop of tool calls after ten rounds; OpenAI's models rarely search as often. */
const HOSTED_CALLS = 10;
const LARGEST_CONTAINER = 64;
/** More than any provider allows. */
const MOST_CALLS = 999_999;
/** The kind of a piece of base64 is stated within this many bytes of it. */
const MEDIA_CONTEXT = 200;
const LONGEST_NAME = Math.max(...[...NAMES.keys()].map((name) => name.length));
/** Every letter of a name may be escaped, which takes six bytes. */
const LONGEST_ESCAPED = 6 * LONGEST_NAME;
const SHORTEST_ESCAPED = 5 + Math.min(...[...NAMES.keys()].map((name) => name.length));
/** No serialiser escapes letters. A body that does it this often hides something. */
const ESCAPED_MAX = 1_000;
/** Far more of these names than any real body has. A hostile body has millions, and is assumed to refer to something. */
const NAMES_MAX = 100_000;
/** Enough for the three characters of a scheme, each of them escaped, after some space. */
const LONGEST_SCHEME = 64;

/** Names are compared as bytes: making a string of each costs more than all the rest of the scan. */
interface Candidate {
  bytes: Uint8Array;
  meaning: Meaning;
}

/** Indexed by the length of the name. */
const CANDIDATES: Candidate[][] = Array.from({ length: LONGEST_ESCAPED + 1 }, () => []);
/** For each length, the letters with which a name may begin, one bit per letter. This rules most names out. */
const BEGINNINGS = new Int32Array(LONGEST_ESCAPED + 1);
for (const [name, meaning] of NAMES) {
  const { length } = name;
  CANDIDATES[length]?.push({ bytes: new TextEncoder().encode(name), meaning });
  BEGINNINGS[length] = (BEGINNINGS[length] ?? 0) | (1 << (name.charCodeAt(0) & 31));
}

/** Whether a meaningful type begins with these two bytes; most types do not. Index: first × 256 + second. */
const TYPE_BEGINS = new Uint8Array(65_536);
for (const [beginning] of TYPES) TYPE_BEGINS[beginning.charCodeAt(0) * 256 + beginning.charCodeAt(1)] = 1;

const DATA_URL = new TextEncoder().encode("data:");
const CARRIED = [CARRIED_PREFIX, CARRIED_PREFIX_BASE64].map((beginning) => new TextEncoder().encode(beginning));
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const LETTER_N = 0x6e;
const OPEN_BRACKET = 0x5b;

export class DemandReader implements Listener {
  readonly #bytes: Uint8Array;
  #refers = false;
  #inCloud = false;
  #retrieves = false;
  #advisors = 0;
  #bareId = false;
  #carries = false;
  #calls = HOSTED_CALLS;
  #containerSize = 1;
  readonly #hosted = new Set<UnitField | "webSearches">();
  #mediaBytes = 0;
  #mediaTokens = 0;
  #escaped = 0;
  #names = 0;
  /** Where the value of the latest media name begins. */
  #mediaAt = -1;
  #inPicture = false;
  /** Where the latest file object begins; -1 once it has ended. */
  #fileAt = -1;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  onName(start: number, end: number, value: number): void {
    const length = end - start - 2;
    if (length > LONGEST_ESCAPED) return;
    const begins = ((BEGINNINGS[length] ?? 0) >>> ((this.#bytes[start + 1] ?? 0) & 31)) & 1;
    if (begins === 0 && length < SHORTEST_ESCAPED) return;
    const meaning = this.#meaning(start, length, end);
    if (!meaning) return;
    if (this.#names < NAMES_MAX) this.#name(meaning, start, value);
    else {
      this.#supposeAll();
      this.#carries = true;
    }
  }

  onLongString(start: number, end: number): void {
    const isMember = start === this.#mediaAt;
    if (!isMember && !this.#holds(DATA_URL, start + 1)) return;
    const head = this.#latin(start, start + 128);
    if (!isMember && !/^"data:[\w.+/-]*(?:;[\w=.-]+)*;base64,/.test(head)) return;
    const before = this.#latin(Math.max(0, start - MEDIA_CONTEXT), start);
    const behind = this.#latin(end, end + MEDIA_CONTEXT);
    const type = /(?:image|audio|video|application|text)\/[\w.+-]+/.exec(`${head} ${before} ${behind}`)?.[0];
    // A document of plain text has the same name.
    if (type?.startsWith("text/")) return;
    this.#mediaBytes += end - start;
    this.#mediaTokens += type ? mediaTokensOf(type, end - start) : IMAGE_TOKENS_AT_MOST;
  }

  /** Call after the scan. */
  demands(): Demands {
    const text = Math.max(0, this.#bytes.length - this.#mediaBytes) / CHARACTERS_PER_TOKEN;
    const times = (unit: string) => (unit === "codeSessions" ? this.#containerSize : 1);
    const most = Object.fromEntries([...this.#hosted].map((unit) => [unit, this.#calls * times(unit)]));
    return {
      inputTokens: Math.ceil(text + this.#mediaTokens),
      refers: this.#refers,
      inCloud: this.#inCloud,
      retrieves: this.#retrieves,
      advisors: this.#advisors,
      bareId: this.#bareId,
      carries: this.#carries,
      containerSize: this.#containerSize,
      most,
    };
  }

  #meaning(start: number, length: number, end: number): Meaning | undefined {
    const bytes = this.#bytes;
    const from = start + 1;
    for (const candidate of CANDIDATES[length] ?? []) {
      if (this.#holds(candidate.bytes, from)) return candidate.meaning;
    }
    if (length < SHORTEST_ESCAPED) return undefined;
    for (let at = from; at < end - 1; at++) {
      if (bytes[at] === BACKSLASH) return NAMES.get(this.#unescaped(start, end) ?? "");
    }
    return undefined;
  }

  /** Whether the text at `from` begins with these bytes. */
  #holds(text: Uint8Array, from: number): boolean {
    for (let at = 1; at < text.length; at++) if (this.#bytes[from + at] !== text[at]) return false;
    return this.#bytes[from] === text[0];
  }

  #unescaped(start: number, end: number): string | null {
    const text = this.#latin(start, end);
    // Line breaks and quotes are escaped in much of what is sent, letters in none.
    if (!text.includes("\\u00")) return null;
    this.#escaped++;
    if (this.#escaped > ESCAPED_MAX) {
      this.#supposeAll();
      return null;
    }
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  #name(meaning: Meaning, start: number, value: number): void {
    this.#names++;
    const opens = this.#bytes[value];
    switch (meaning.is) {
      case "reference":
        this.#refers ||= opens === QUOTE || opens === OPEN_BRACKET;
        if (opens === QUOTE && !this.#inCloud) this.#inCloud = this.#isInCloud(value) && this.#isInFile(start);
        return;
      case "picture":
        // The end of the object is not looked for, so more URLs may be counted than the picture's own.
        if (opens === QUOTE) this.#address(value);
        else this.#inPicture = true;
        return;
      case "url":
        if (this.#inPicture && opens === QUOTE) this.#address(value);
        return;
      case "id":
        if (opens === QUOTE) this.#bareId ||= this.#isAlone(start, value);
        return;
      case "type":
        if (opens === QUOTE) this.#type(value);
        // A member that may be left out may also be null.
        else this.#bareId ||= opens === LETTER_N;
        return;
      case "file":
        if (opens === OPEN_BRACE) this.#fileAt = value;
        else this.#mediaAt = value;
        return;
      case "media":
        this.#mediaAt = value;
        // Redacted thinking has its sealed content in this member.
        this.#carried(value);
        return;
      case "signature":
        this.#carried(value);
        return;
      case "memory":
        // `1g`, `4g`, `16g` or `64g`.
        this.#containerSize = Math.max(this.#containerSize, Math.min(this.#number(value), LARGEST_CONTAINER));
        return;
      case "retrieval":
        this.#retrieves ||= opens === OPEN_BRACE;
        return;
      case "calls":
        this.#calls = Math.max(this.#calls, this.#number(value));
        return;
      case "tool":
        if (opens === OPEN_BRACE) this.#host(meaning.unit);
    }
  }

  /** For a body that is not worth a closer look: assumes everything. */
  #supposeAll(): void {
    this.#refers = true;
    this.#inCloud = true;
    this.#retrieves = true;
  }

  /** Whether the value begins with `gs://`, of which any letter may be escaped. */
  #isInCloud(value: number): boolean {
    const head = this.#latin(value + 1, value + 1 + LONGEST_SCHEME);
    const letters = head.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return /^\s*gs:/i.test(letters);
  }

  /** Whether the name at `at` stands inside the latest file object. The arguments of a function may have the same name. */
  #isInFile(at: number): boolean {
    let depth = 0;
    for (let next = this.#fileAt; next >= 0 && next < at; next++) {
      const byte = this.#bytes[next];
      if (byte === QUOTE) {
        for (next++; next < at && this.#bytes[next] !== QUOTE; next++) if (this.#bytes[next] === BACKSLASH) next++;
      } else if (byte === OPEN_BRACE) depth++;
      else if (byte === CLOSE_BRACE) depth--;
      // A file that has ended is forgotten, so no byte is looked at twice, however many such names follow.
      if (depth === 0) this.#fileAt = -1;
      if (this.#fileAt < 0) break;
    }
    return depth > 0;
  }

  #carried(value: number): void {
    this.#carries ||= CARRIED.some((beginning) => this.#holds(beginning, value + 1));
  }

  /** Whether an object has only one member, whose name is at `name` and whose value is the string at `value`. */
  #isAlone(name: number, value: number): boolean {
    const bytes = this.#bytes;
    let before = name - 1;
    while ((bytes[before] ?? 0) <= SPACE && before > 0) before--;
    if (bytes[before] !== OPEN_BRACE) return false;
    let behind = this.#shortStringEnd(value);
    if (behind === null) return false;
    while ((bytes[behind] ?? SPACE + 1) <= SPACE) behind++;
    return bytes[behind] === CLOSE_BRACE;
  }

  /** A count as any parser may read it: `25`, `"25"` or `1e3`. Returns 0 for anything else. */
  #number(value: number): number {
    const written = /^"?(\d[\d.eE+]*)/.exec(this.#latin(value, value + 16))?.[1];
    return Math.min(Math.ceil(Number(written) || 0), MOST_CALLS);
  }

  #type(start: number): void {
    const first = this.#bytes[start + 1] ?? 0;
    const second = this.#bytes[start + 2] ?? 0;
    const escaped = first === BACKSLASH || second === BACKSLASH;
    if (!escaped && TYPE_BEGINS[first * 256 + second] === 0) return;
    const end = this.#shortStringEnd(start);
    if (end === null) return;
    const written = this.#latin(start + 1, end - 1);
    const text = written.includes("\\") ? (this.#unescaped(start, end) ?? written) : written;
    const meaning = TYPES.find(([, pattern]) => pattern.test(text))?.[2];
    if (meaning?.is === "reference") this.#refers = true;
    if (meaning?.is === "tool") this.#host(meaning.unit);
    if (meaning?.is === "advisor") this.#advisors++;
  }

  /** The index after a short string; null for a long one. */
  #shortStringEnd(start: number): number | null {
    const most = start + 1 + LONG_STRING;
    for (let at = start + 1; at < most; at++) {
      if (this.#bytes[at] === QUOTE) return at + 1;
      if (this.#bytes[at] === BACKSLASH) at++;
    }
    return null;
  }

  #address(start: number): void {
    if (this.#latin(start, start + 6) !== '"data:') this.#refers = true;
  }

  #host(unit: UnitField | "webSearches" | undefined): void {
    // The results of a hosted tool become input, and nothing in the request bounds them.
    this.#refers = true;
    if (unit) this.#hosted.add(unit);
  }

  #latin(start: number, end: number): string {
    return Buffer.from(
      this.#bytes.buffer,
      this.#bytes.byteOffset + start,
      Math.min(end, this.#bytes.length) - start,
    ).toString("latin1");
  }
}
