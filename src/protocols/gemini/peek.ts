/** Where a body of generateContent has its output limit, and where else it names its model. */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import { type Members, memberRefused, membersIn, vocabularyOf } from "../members.ts";
import { toolModels } from "../other-models.ts";
import { FALLBACK_MODELS, MODEL, NOTHING_PEEKED, outputLimit, type Peeked, type PeekInput } from "../peek.ts";
import { elementsOf, type Span } from "../scan.ts";

export { MODEL } from "../peek.ts";

export const INSTRUCTIONS = ["systemInstruction"];
export const CONVERSATION = ["contents"];

/** `sessionId` belongs to Code Assist only. */
export const VOCABULARY = vocabularyOf(
  [
    ...[MODEL, FALLBACK_MODELS, "requests", "generateContentRequest", "generationConfig", "sessionId", "tools"],
    ...["serviceTier", "outputConfig", ...INSTRUCTIONS, ...CONVERSATION],
  ],
  { proto: true },
);
const GENERATION_CONFIG = vocabularyOf(["maxOutputTokens", "candidateCount", "routingConfig"], { proto: true });
const MODEL_ONLY = vocabularyOf(["model"]);
const RETRIEVAL = vocabularyOf(["retrieval"], { proto: true });

/** In some places Google writes `models/x` for `x`. */
export function modelName(name: string): string {
  return name.replace(/^models\//, "");
}

/** Paths look like `models/x:generateContent`. */
export const ACTION_IN_PATH = true;

/** Gemini CLI names the session in Code Assist mode. No other client of this API does. */
export function sessionIn(members: Members): string | null {
  const session = members.value("sessionId");
  return typeof session === "string" && session !== "" ? session : null;
}

export function peek({ members, path, model, demands }: PeekInput): Result<Peeked, Refusal> {
  const sound = strayModel(model, members);
  if (!sound.ok) return sound;
  const own = operatorsData(members, demands);
  if (!own.ok) return own;
  const config = members.inside("generationConfig", GENERATION_CONFIG);
  if (!config.ok) return config;
  const { value } = config;
  // Vertex then asks the model that stands there, whatever the path says.
  if (isThere(value, "routingConfig")) return memberRefused("generationConfig.routingConfig", "name the model itself");
  const limit = outputLimit([value.value("maxOutputTokens")], { candidateCount: value.value("candidateCount") });
  if (!limit.ok) return limit;
  const tools = toolModels(members, demands);
  if (!tools.ok) return tools;
  const stream = path.endsWith(":streamGenerateContent");
  const asksForMode = members.has("serviceTier");
  return { ok: true, value: { ...NOTHING_PEEKED, ...limit.value, stream, asksForMode, otherModels: tools.value } };
}

function isThere(members: Members, name: string): boolean {
  return (members.value(name) ?? null) !== null;
}

/**
 * Google Cloud reads its storage and its document stores with the rights of the account that asks. A client could name content there
 * that it has no right to read itself, and with a tool's `externalApi` it could name who receives a secret of the project. So neither
 * is served. Nor is an answer written to that storage.
 */
function operatorsData(members: Members, { inCloud, retrieves }: PeekInput["demands"]): Result<null, Refusal> {
  if (inCloud) return memberRefused("fileUri", STORAGE_UNSERVED);
  if (isThere(members, "outputConfig"))
    return memberRefused("outputConfig", "no answer is written to a cloud's storage");
  if (!retrieves) return { ok: true, value: null };
  const tools = objectsIn(members, "tools");
  if (tools === null) return memberRefused("tools", "it must be a list, and no longer than the API's own limit");
  for (const tool of tools) {
    const inside = membersIn(members.bytes, tool, RETRIEVAL, "tools");
    if (!inside.ok) return inside;
    if (inside.value.has("retrieval"))
      return memberRefused("tools.retrieval", "what the operator's account has stored is not served");
  }
  return { ok: true, value: null };
}

/** Why a request may not name anything in a cloud's storage. */
export const STORAGE_UNSERVED =
  "what lies in a cloud's storage would be read with the rights of the operator's account; send the data itself";

const OPEN_BRACE = 0x7b;

/** Google's bodies can name a model a second time. It must be the one that was checked against the rules and priced. */
function strayModel(model: string, members: Members): Result<null, Refusal> {
  const { bytes, spans } = members;
  const whole = spans.get("generateContentRequest");
  const several = objectsIn(members, "requests");
  if (several === null) return memberRefused("requests", "it must be a list, and no longer than the API's own limit");
  const objects = [...several, ...(whole ? [whole] : [])];
  const named = [members.value("model")];
  for (const object of objects) {
    const inside = membersIn(bytes, object, MODEL_ONLY, "requests");
    if (!inside.ok) return inside;
    named.push(inside.value.value("model"));
  }
  const same = (name: unknown) => name === undefined || (typeof name === "string" && modelName(name) === model);
  return named.every(same)
    ? { ok: true, value: null }
    : memberRefused("model", `it must be "${model}" wherever it stands`);
}

/** The elements of a list; null if the member is none. Google takes a single object for a list of one. */
function objectsIn({ bytes, spans }: Members, name: string): Span[] | null {
  const list = spans.get(name);
  if (!list) return [];
  return bytes[list.start] === OPEN_BRACE ? [list] : elementsOf(bytes, list);
}
