/** Where a body of the Responses API has its output limit, its session, and what is stored. */
import type { Refusal } from "../../refusal.ts";
import type { Result } from "../../vocabulary.ts";
import { type Members, memberRefused, vocabularyOf } from "../members.ts";
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

export const INSTRUCTIONS = ["instructions"];
export const CONVERSATION = ["input"];

export const VOCABULARY = vocabularyOf([
  ...[MODEL, FALLBACK_MODELS, "stream", "max_output_tokens", "service_tier"],
  ...["previous_response_id", "conversation", "prompt", "background", "store", "tools"],
  ...[...LITELLM_FALLBACKS, ...INSTRUCTIONS, ...CONVERSATION, ...SESSION_MEMBERS],
]);

export function peek({ members, demands }: PeekInput): Result<Peeked, Refusal> {
  const alone = withoutFallbacks(members);
  if (!alone.ok) return alone;
  const stream = streamMember(members);
  if (!stream.ok) return stream;
  const limit = outputLimit([members.value("max_output_tokens")], {});
  if (!limit.ok) return limit;
  const stored = storedOf(members);
  if (!stored.ok) return stored;
  const tools = toolModels(members, demands);
  if (!tools.ok) return tools;
  return {
    ok: true,
    value: {
      ...NOTHING_PEEKED,
      ...limit.value,
      ...stored.value,
      stream: stream.value,
      otherModels: tools.value,
      // The prompt may also be an object. Only the top level is read, because tools have parameters of the same name.
      refers: demands.bareId || (members.value("prompt") ?? null) !== null,
      asksForMode: members.has("service_tier"),
    },
  };
}

/** OpenAI stores a response unless told not to. It makes one in the background only if it stores it. */
function storedOf(members: Members): Result<Pick<Peeked, "responseId" | "stores" | "background">, Refusal> {
  // Nobody can create a conversation through the relay, so one that is named here belongs to somebody else.
  if ((members.value("conversation") ?? null) !== null)
    return memberRefused("conversation", "conversations are not served here");
  const previous = members.value("previous_response_id") ?? null;
  if (previous !== null && typeof previous !== "string")
    return memberRefused("previous_response_id", "must be a string");
  const background = members.value("background") ?? false;
  if (typeof background !== "boolean") return memberRefused("background", "must be true or false");
  return { ok: true, value: { responseId: previous, stores: members.value("store") !== false, background } };
}
