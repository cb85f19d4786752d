/** Where a body of the Messages API has its output limit, its other models and its session. */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import { type Members, memberRefused, vocabularyOf } from "../members.ts";
import { modelsIn, type Named, toolModels } from "../other-models.ts";
import {
  FALLBACK_MODELS,
  MODEL,
  NOTHING_PEEKED,
  outputLimit,
  type Peeked,
  type PeekInput,
  streamMember,
} from "../peek.ts";
import { SESSION_MEMBERS } from "../session.ts";
import { DEAREST_PLACE_MILLI } from "./place.ts";

export { MODEL } from "../peek.ts";
export { sessionIn } from "../session.ts";

export const INSTRUCTIONS = ["system"];
export const CONVERSATION = ["messages"];

export const VOCABULARY = vocabularyOf([
  ...[MODEL, FALLBACK_MODELS, "stream", "max_tokens", "speed", "service_tier", "inference_geo"],
  ...["container", "fallbacks", "thread", "tools"],
  ...[...INSTRUCTIONS, ...CONVERSATION, ...SESSION_MEMBERS],
]);

export function peek({ members, demands }: PeekInput): Result<Peeked, Refusal> {
  const stream = streamMember(members);
  if (!stream.ok) return stream;
  const limit = outputLimit([members.value("max_tokens")], {});
  if (!limit.ok) return limit;
  // A thread is stored at the provider, and whoever knows its id can read it.
  if ((members.value("thread") ?? null) !== null) return memberRefused("thread", "threads are not served here");
  const fallbacks = fallbacksOf(members);
  if (!fallbacks.ok) return fallbacks;
  const tools = toolModels(members, demands);
  if (!tools.ok) return tools;
  const turns = [{ limit: limit.value.maxTokens, speed: members.value("speed") }, ...fallbacks.value];
  const most = outputLimit(
    turns.map((turn) => turn.limit),
    {},
  );
  if (!most.ok) return most;
  return {
    ok: true,
    value: {
      ...NOTHING_PEEKED,
      ...most.value,
      // Without a limit of its own the first turn has none, whatever the others say.
      ...(limit.value.maxTokens === null && { maxTokens: null }),
      stream: stream.value,
      otherModels: [...new Set([...fallbacks.value.map(({ model }) => model), ...tools.value])],
      // The container may also be an object. Only the top level is read, because tools have parameters of the same name.
      refers: (members.value("container") ?? null) !== null,
      asksForSpeed: turns.some(({ speed }) => speed === "fast"),
      asksForMode: members.has("service_tier") || turns.some(({ speed }) => speed !== undefined),
      // The dearest place is assumed for any value; the answer tells which place it was.
      placeMilli: (members.value("inference_geo") ?? null) === null ? 1_000 : DEAREST_PLACE_MILLI,
    },
  };
}

/** A bound on the fallbacks that are read. Anthropic itself accepts fewer. */
const MOST_FALLBACKS = 16;

/** The models that may stand in if the request's own model declines. A model of null means that the provider chooses. */
function fallbacksOf(members: Members): Result<Pick<Named, "model" | "limit" | "speed">[], Refusal> {
  const name = "fallbacks";
  if (!members.has(name) || members.value(name) === null) return { ok: true, value: [] };
  if (members.value(name) === "default") return { ok: true, value: [{ model: null, limit: null, speed: undefined }] };
  const entries = modelsIn(members, name);
  if (!entries.ok) return entries;
  return entries.value.length > MOST_FALLBACKS ? memberRefused(name, "it is too long") : entries;
}
