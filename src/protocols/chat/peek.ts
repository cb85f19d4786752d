/**
 * Where a body of Chat Completions has its output limit, its choices and its session. Also serves the routes beside it
 * (embeddings, images, audio).
 */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import { vocabularyOf } from "../members.ts";
import { toolModels } from "../other-models.ts";
import {
  FALLBACK_MODELS,
  LITELLM_FALLBACKS,
  MODEL,
  NOTHING_PEEKED,
  outputLimit,
  type Peeked,
  type PeekInput,
  streamMember,
  withoutFallbacks,
} from "../peek.ts";
import { SESSION_MEMBERS } from "../session.ts";

export { MODEL } from "../peek.ts";
export { sessionIn } from "../session.ts";
export { picturesIn, piecesOf } from "./pieces.ts";

/** No member of its own: instructions are messages of the conversation. */
export const INSTRUCTIONS = [];
/** `input` is the text that is to be embedded or spoken. */
export const CONVERSATION = ["messages", "input"];

/** Chat has two names for the limit, and services differ in which one they read. */
const LIMITS = ["max_completion_tokens", "max_tokens"];

export const VOCABULARY = vocabularyOf([
  ...[MODEL, FALLBACK_MODELS, "stream", "stream_options", ...LIMITS, "n", "best_of", "service_tier", "size", "quality"],
  ...[...LITELLM_FALLBACKS, ...INSTRUCTIONS, ...CONVERSATION, ...SESSION_MEMBERS],
]);
const STREAM_OPTIONS = vocabularyOf(["include_usage"]);

export function peek({ members, path, demands }: PeekInput): Result<Peeked, Refusal> {
  if (path.endsWith("/chat/completions") && members.has("input") && !members.has("messages")) {
    return { ok: false, refusal: { reason: "responses_in_chat" } };
  }
  const alone = withoutFallbacks(members);
  if (!alone.ok) return alone;
  const stream = streamMember(members);
  if (!stream.ok) return stream;
  // `best_of` answers are made and billed, even if fewer of them are returned.
  const choices = { n: members.value("n"), best_of: members.value("best_of") };
  const limits = LIMITS.map((name) => members.value(name));
  const limit = outputLimit(limits, choices);
  if (!limit.ok) return limit;
  const tools = toolModels(members, demands);
  if (!tools.ok) return tools;
  const options = members.inside("stream_options", STREAM_OPTIONS);
  if (!options.ok) return options;
  return {
    ok: true,
    value: {
      ...NOTHING_PEEKED,
      ...limit.value,
      stream: stream.value,
      otherModels: tools.value,
      asksForMode: members.has("service_tier"),
      usageUnasked: stream.value && options.value.value("include_usage") !== true,
    },
  };
}
