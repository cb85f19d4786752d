/**
 * Puts the tool calls of a streamed answer together. A piece belongs to a call by its index. Some services leave the index out, or
 * give the same one to every call, and differ only in the id. Some send a call in one piece, or its arguments as an object.
 */
import { isObject, object, parse, text } from "../../../ground/json.ts";
import { CallIds, fitted, type Names } from "../names.ts";

export interface Call {
  /** How many calls precede it. */
  place: number;
  /** The upstream's own id; "" while it is unknown. */
  id: string;
  /** Null until the name is known, with which the block can begin. */
  begun: { id: string; name: string } | null;
  /** The arguments so far. */
  pieces: string[];
}

/** The result of taking a piece of a call. */
export interface CallPiece {
  call: Call;
  /** Whether the block of the call can begin with this piece. */
  begins: boolean;
  /** A further piece of the arguments; "" for none. */
  text: string;
}

const LONGEST_ID = 40;

export class Calls {
  readonly all: Call[] = [];
  /** The last call of each index, and of those without one; below, the last call of each id. */
  readonly #byIndex = new Map<number | null, Call>();
  readonly #byId = new Map<string, Call>();
  readonly #names: Names;
  readonly #ids = new CallIds();

  constructor(names: Names) {
    this.#names = names;
  }

  /** `position`: the place of the piece in its list. `answerId`: the upstream's, used if it gives a call no id. */
  take(piece: Record<string, unknown>, position: number, answerId: string): CallPiece {
    const { name, arguments: input } = object(piece.function) ?? {};
    const call = this.#callOf(piece, text(name), position);
    call.id ||= text(piece.id) ?? "";
    this.#byId.set(call.id, call);
    const said = typeof input === "string" ? input : isObject(input) ? JSON.stringify(input) : "";
    if (said !== "") call.pieces.push(said);
    const known = text(name);
    if (call.begun || known === null) return { call, begins: false, text: call.begun ? said : "" };
    call.begun = { id: this.#idOf(call, answerId), name: this.#names.back(known) };
    return { call, begins: true, text: call.pieces.join("") };
  }

  #callOf(piece: Record<string, unknown>, name: string | null, position: number): Call {
    const index = Number.isInteger(piece.index) ? (piece.index as number) : null;
    const id = text(piece.id);
    const known = index === null && id !== null ? this.#byId.get(id) : this.#byIndex.get(index);
    // The same index with another id and a name is another call.
    const isAnother = known && id !== null && known.id !== "" && known.id !== id && name !== null;
    // Without index and id, but with a name: a call beside others in one list.
    const isBeside = known && index === null && id === null && name !== null && (position > 0 || known.begun !== null);
    if (known && !isAnother && !isBeside) return known;
    const last = this.all.at(-1);
    if (index === null && name === null && last && !known) return last;
    const call = { place: this.all.length, id: "", begun: null, pieces: [] };
    this.all.push(call);
    this.#byIndex.set(index, call);
    return call;
  }

  /** Unique within an answer, even if the upstream repeats an id; without one, always the same for the same answer. */
  #idOf({ id, place }: Call, answerId: string): string {
    return this.#ids.unique(id === "" ? fitted(`call_${answerId}_${place}`, LONGEST_ID) : id);
  }
}

/** Whether the arguments of a call are whole, as far as they show it. */
export function isWhole({ pieces }: Call): boolean {
  const last = pieces.at(-1)?.trimEnd() ?? "";
  return last.endsWith("}") && isObject(parse(pieces.join("")));
}
