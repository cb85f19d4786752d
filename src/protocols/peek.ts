/**
 * What the relay needs of a request's body that it does not parse, where each wire format has its own place for it. The
 * formats' own reading is `peek.ts` in their folders; what several of them share stands here.
 */
import type { Mode } from "../pricing/cost.ts";
import type { Refusal } from "../refusal.ts";
import type { Result, UnitField } from "../vocabulary.ts";
import type { Demands } from "./demands.ts";
import { type Members, memberRefused, type Vocabulary } from "./members.ts";

export interface Peeked {
  stream: boolean;
  /** The output limit the client set, for all choices together, or null. */
  maxTokens: number | null;
  /** How many answers it asks for. */
  choices: number;
  /** Models beside its own that may answer a part of it (other-models.ts); null for one that the provider chooses. */
  otherModels: (string | null)[];
  /** It refers to input that is not in the body, by a member whose name alone does not tell (demands.ts). */
  refers: boolean;
  /** An earlier response that it goes on from. */
  responseId: string | null;
  /** The provider keeps the response; it may make it after it has answered. */
  stores: boolean;
  background: boolean;
  /** A price list other than the standard one was asked for; which one applies, only the answer says. */
  asksForMode: boolean;
  /** Of those, one whose rate the provider limits by itself. */
  asksForSpeed: boolean;
  /** The dearest that the place where it may be served makes it, in thousandths of the price. */
  placeMilli: number;
  /** The client of a stream did not ask for its usage, in a format where it has to. */
  usageUnasked: boolean;
}

/** Of a body that says none of it. */
export const NOTHING_PEEKED: Peeked = {
  stream: false,
  maxTokens: null,
  choices: 1,
  otherModels: [],
  refers: false,
  responseId: null,
  stores: false,
  background: false,
  asksForMode: false,
  asksForSpeed: false,
  placeMilli: 1_000,
  usageUnasked: false,
};

/** What a request asks for that is bought by the piece and not in tokens. */
export interface Pieces {
  asked: Partial<Record<UnitField, number>>;
  /** The price list that the pictures fall under. */
  mode: Mode;
}

export const NO_PIECES: Pieces = { asked: {}, mode: "standard" };

export interface PeekInput {
  members: Members;
  /** The route's path, as it is written in the table of routes. */
  path: string;
  /** The model's name, wherever it stands (`modelName`). */
  model: string;
  demands: Pick<Demands, "advisors" | "bareId" | "inCloud" | "most" | "retrieves">;
}

export interface Peek {
  /** Every member of a body that is read: whatever is read anywhere must stand here, so that it is read in one way only. */
  VOCABULARY: Vocabulary;
  /** The member that names the model, where the path does not. */
  MODEL: string;
  /** A model's name as the key's rules and the price list know it; left out: as it is written. */
  modelName?: (name: string) => string;
  /** In paths an action follows a model's name behind a colon, so that it can have no colon and no slash there. */
  ACTION_IN_PATH?: boolean;
  /** What the body asks for. A refusal where it could be read in two ways, or asks for what is not served. */
  peek: (input: PeekInput) => Result<Peeked, Refusal>;
  /** The members that hold the instructions and the conversation; the first of each that is there. */
  INSTRUCTIONS: readonly string[];
  CONVERSATION: readonly string[];
  /** The session that the client names in the body. */
  sessionIn: (members: Members) => string | null;
  /** What is asked for that is bought by the piece; `value` gives the body's members, or a form's fields as text. */
  piecesOf?: (path: string, value: (name: string) => unknown, bodyBytes: number) => Pieces;
  /** How many pictures a whole answer holds. */
  picturesIn?: (path: string, body: Uint8Array) => number;
}

/** Where all four formats of today name the model. */
export const MODEL = "model";
/** OpenRouter's fallbacks. In every vocabulary, because they are refused in every format (relay/request.ts). */
export const FALLBACK_MODELS = "models";

/** LiteLLM's, in the formats of OpenAI, which have none of their own. For their vocabularies. */
export const LITELLM_FALLBACKS = ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"];

/** A refusal where a body has one of those: models that no rule of the key was asked about, at prices nobody reserved. */
export function withoutFallbacks(members: Members): Result<null, Refusal> {
  const given = LITELLM_FALLBACKS.find((name) => members.has(name));
  return given ? memberRefused(given, "the relay sees to fallbacks itself") : { ok: true, value: null };
}

/** `stream`, where a member of the body says it. */
export function streamMember(members: Members): Result<boolean, Refusal> {
  const stream = members.value("stream") ?? false;
  return typeof stream === "boolean" ? { ok: true, value: stream } : memberRefused("stream", "must be true or false");
}

/** The most that may be answered, of members that limit each choice and members that say how many there are. */
export function outputLimit(
  limits: readonly unknown[],
  choices: Record<string, unknown>,
): Result<Pick<Peeked, "maxTokens" | "choices">, Refusal> {
  let asked = 1;
  for (const [name, value] of Object.entries(choices)) {
    // An unreadable limit is none, and reserves the most; an unreadable number of choices would reserve too little.
    const number = count(value ?? 1);
    if (number === null) return memberRefused(name, "must be a number");
    asked = Math.max(asked, number);
  }
  const known = limits.map(count).filter((each) => each !== null);
  return { ok: true, value: { maxTokens: known.length > 0 ? Math.max(...known) * asked : null, choices: asked } };
}

/** More than anything that is counted; `1e400` is infinite, and no sum can be done with it. */
const LARGEST_COUNT = 1_000_000_000;

/** Protocol buffers in JSON write numbers as strings, and many services forgive it. */
function count(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number >= 0 ? Math.min(Math.ceil(number), LARGEST_COUNT) : null;
}
