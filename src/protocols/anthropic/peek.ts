/** Where the output limit, other models and the session lie in a body of the Messages API. */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import { type Members, memberRefused, vocabularyOf } from "../members.ts";
import { modelsIn, toolModels } from "../other-models.ts";
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
  // What a thread holds lies at the provider, for whoever knows its id.
  if ((members.value("thread") ?? null) !== null) return memberRefused("thread", "threads are not served here");
  const fallbacks = fallbacksOf(members);
  if (!fallbacks.ok) return fallbacks;
  const tools = toolModels(members, demands);
  if (!tools.ok) return tools;
  return {
    ok: true,
    value: {
      ...NOTHING_PEEKED,
      ...limit.value,
      stream: stream.value,
      otherModels: [...new Set([...fallbacks.value, ...tools.value])],
      // Also by an object. Looked for here and not by name in the whole body: tools have parameters of this name.
      refers: (members.value("container") ?? null) !== null,
      asksForSpeed: members.value("speed") === "fast",
      asksForMode: members.has("speed") || members.has("service_tier"),
      // Whatever it names: which places cost more is told by the answer.
      placeMilli: (members.value("inference_geo") ?? null) === null ? 1_000 : DEAREST_PLACE_MILLI,
    },
  };
}

/** Anthropic takes fewer. */
const MOST_FALLBACKS = 16;

/** The models that stand in where the request's own declines; null for a choice of the provider's. */
function fallbacksOf(members: Members): Result<(string | null)[], Refusal> {
  const name = "fallbacks";
  if (!members.has(name) || members.value(name) === null) return { ok: true, value: [] };
  if (members.value(name) === "default") return { ok: true, value: [null] };
  const entries = modelsIn(members, name);
  if (!entries.ok) return entries;
  if (entries.value.length > MOST_FALLBACKS) return memberRefused(name, "it is too long");
  return { ok: true, value: entries.value.map(({ model }) => model) };
}
