/**
 * The tool calls of a streamed answer, put together. A piece belongs to a call by its index; some services leave the index out, or
 * give it to every call, and tell them apart by id alone; some send a call in one piece, or its arguments as an object.
 */
import { isObject, object, parse, text } from "../../../ground/json.ts";
import { CallIds, fitted, type Names } from "../names.ts";

export interface Call {
  /** The number of calls before it. */
  place: number;
  /** The upstream's own; "" while it is not known. */
  id: string;
  /** Null until its name is known, and the block can begin. */
  begun: { id: string; name: string } | null;
  /** Its arguments so far. */
  pieces: string[];
}

/** What came of a piece of a call. */
export interface CallPiece {
  call: Call;
  /** It can begin with this. */
  begins: boolean;
  /** More of its arguments; "" for none. */
  text: string;
}

const LONGEST_ID = 40;

export class Calls {
  readonly all: Call[] = [];
  /** The last of each index, and of those without one; the last of each id. */
  readonly #byIndex = new Map<number | null, Call>();
  readonly #byId = new Map<string, Call>();
  readonly #names: Names;
  readonly #ids = new CallIds();

  constructor(names: Names) {
    this.#names = names;
  }

  /** `position`: where the piece stands in its list. `answerId`: the upstream's, for ids that it leaves out. */
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
    // The same index, but another id and a name: another call.
    const isAnother = known && id !== null && known.id !== "" && known.id !== id && name !== null;
    // Neither index nor id, but a name: calls that stand beside each other in one list.
    const isBeside = known && index === null && id === null && name !== null && (position > 0 || known.begun !== null);
    if (known && !isAnother && !isBeside) return known;
    const last = this.all.at(-1);
    if (index === null && name === null && last && !known) return last;
    const call = { place: this.all.length, id: "", begun: null, pieces: [] };
    this.all.push(call);
    this.#byIndex.set(index, call);
    return call;
  }

  /** Once in an answer, also where the upstream repeats one; and the same again for the same answer where it has none. */
  #idOf({ id, place }: Call, answerId: string): string {
    return this.#ids.unique(id === "" ? fitted(`call_${answerId}_${place}`, LONGEST_ID) : id);
  }
}

/** Whether the arguments of a call are whole, as far as can be told from them. */
export function isWhole({ pieces }: Call): boolean {
  const last = pieces.at(-1)?.trimEnd() ?? "";
  return last.endsWith("}") && isObject(parse(pieces.join("")));
}
