/**
 * What the relay needs from a request's body without parsing it, where each wire format has its own place for it. Each format reads
 * it in the `peek.ts` of its folder. What several formats share stands here.
 */
import type { Mode } from "../pricing/cost.ts";
import type { Refusal } from "../refusal.ts";
import type { Result, UnitField } from "../vocabulary.ts";
import type { Demands } from "./demands.ts";
import { type Members, memberRefused, type Vocabulary } from "./members.ts";

export interface Peeked {
  stream: boolean;
  /** The output limit that the client set, for all choices together, or null. */
  maxTokens: number | null;
  /** How many answers the client asks for. */
  choices: number;
  /** Models besides its own that may answer a part of the request (other-models.ts); null for one that the provider chooses. */
  otherModels: (string | null)[];
  /** Whether the body refers to input outside it by a member whose name alone does not show that (demands.ts). */
  refers: boolean;
  /** The id of the earlier response that the request continues. */
  responseId: string | null;
  /** Whether the provider stores the response. `background`: it may make the response after it has answered. */
  stores: boolean;
  background: boolean;
  /** Whether a price list other than the standard was asked for. Only the answer says which one applies. */
  asksForMode: boolean;
  /** Whether that is a list whose rate the provider limits separately. */
  asksForSpeed: boolean;
  /** The price in the dearest place that may serve the request, in thousandths of the standard price. */
  placeMilli: number;
  /** Whether a streaming client did not ask for usage, in a format where it has to ask. */
  usageUnasked: boolean;
}

/** For a body that says nothing of all that. */
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

/** What a request asks for that is billed by the piece and not in tokens. */
export interface Pieces {
  asked: Partial<Record<UnitField, number>>;
  /** The price list of the images. */
  mode: Mode;
}

export const NO_PIECES: Pieces = { asked: {}, mode: "standard" };

export interface PeekInput {
  members: Members;
  /** The route's path, as the table of routes has it. */
  path: string;
  /** The model's name, wherever the request has it (`modelName`). */
  model: string;
  demands: Pick<Demands, "advisors" | "bareId" | "inCloud" | "most" | "retrieves">;
}

export interface Peek {
  /** Every member of a body that is read anywhere. Listing all of them here makes sure that each is read in one way only. */
  VOCABULARY: Vocabulary;
  /** The member that names the model, if the path does not. */
  MODEL: string;
  /** The model's name as the key's rules and the price list know it. Left out: the name as it is written. */
  modelName?: (name: string) => string;
  /** Whether a colon and an action follow the model's name in paths, so that the name can have no colon and no slash. */
  ACTION_IN_PATH?: boolean;
  /** What the body asks for. Refuses a body that could be read in two ways, or asks for what is not served. */
  peek: (input: PeekInput) => Result<Peeked, Refusal>;
  /** The members that may hold the instructions and the conversation. Of each list the first one that is present counts. */
  INSTRUCTIONS: readonly string[];
  CONVERSATION: readonly string[];
  /** The session that the client names in the body. */
  sessionIn: (members: Members) => string | null;
  /** What the request asks for by the piece. `value` returns a member of the body, or a form's field as text. */
  piecesOf?: (path: string, value: (name: string) => unknown, bodyBytes: number) => Pieces;
  /** How many images a whole answer holds. */
  picturesIn?: (path: string, body: Uint8Array) => number;
}

/** The member that names the model in all four formats of today. */
export const MODEL = "model";
/** OpenRouter's member for fallbacks. It is in every vocabulary, because it is refused in every format (relay/request.ts). */
export const FALLBACK_MODELS = "models";

/** LiteLLM's members for fallbacks. OpenAI's formats have none of their own, so these are in their vocabularies. */
export const LITELLM_FALLBACKS = ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"];

/** Refuses a body with fallbacks: no rule of the key was asked about those models, and nobody reserved their prices. */
export function withoutFallbacks(members: Members): Result<null, Refusal> {
  const given = LITELLM_FALLBACKS.find((name) => members.has(name));
  return given ? memberRefused(given, "the relay sees to fallbacks itself") : { ok: true, value: null };
}

/** Whether the body asks for a stream, in a format that says so in a member. */
export function streamMember(members: Members): Result<boolean, Refusal> {
  const stream = members.value("stream") ?? false;
  return typeof stream === "boolean" ? { ok: true, value: stream } : memberRefused("stream", "must be true or false");
}

/** The most output that is allowed, from members that limit each choice and members that give the number of choices. */
export function outputLimit(
  limits: readonly unknown[],
  choices: Record<string, unknown>,
): Result<Pick<Peeked, "maxTokens" | "choices">, Refusal> {
  let asked = 1;
  for (const [name, value] of Object.entries(choices)) {
    // An unreadable limit counts as none, which reserves the most. An unreadable number of choices would reserve too little.
    const number = count(value ?? 1);
    if (number === null) return memberRefused(name, "must be a number");
    asked = Math.max(asked, number);
  }
  // One of nothing is to many services none at all, and to a translation from Gemini's format.
  const known = limits.map((limit) => count(limit) || null).filter((each) => each !== null);
  return { ok: true, value: { maxTokens: known.length > 0 ? Math.max(...known) * asked : null, choices: asked } };
}

/** More than any real count. `1e400` is infinite, and no sum can be made with it. */
const LARGEST_COUNT = 1_000_000_000;

/** Protocol-buffer JSON writes numbers as strings, and many services accept that. */
function count(value: unknown): number | null {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number >= 0 ? Math.min(Math.ceil(number), LARGEST_COUNT) : null;
}
