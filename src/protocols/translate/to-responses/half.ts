/** Upstreams that are asked in OpenAI's Responses API. */
import { count } from "../../../ground/json.ts";
import type { Refusal } from "../../../refusal.ts";
import type { Endpoint, Instead, LaneUpstream, UpstreamHalf, WrittenRequest } from "../halves.ts";
import type { HubRequest } from "../hub.ts";
import { enforceable, stoppingAt } from "../stop-sequences.ts";
import { answerReader } from "./answer.ts";
import { otherForm } from "./instead.ts";
import { type Body, bodyOf, countedBodyOf, type Form } from "./request.ts";

export const TO_RESPONSES: UpstreamHalf = {
  write: (hub, upstream) => {
    const refusal = refusalOf(hub);
    return refusal ? { ok: false, refusal } : { ok: true, value: written(hub, upstream, firstForm(upstream)) };
  },
  count: (hub, upstream) => {
    const refusal = refusalOf(hub);
    if (refusal) return { ok: false, refusal };
    const body = countedBodyOf(hub, upstream, firstForm(upstream));
    const tokensIn = ({ input_tokens }: Record<string, unknown>) => count(input_tokens) || null;
    return { ok: true, value: { endpoint: COUNT, body, tokensIn } };
  },
};

const ANSWER: Endpoint = { path: "/responses", search: "", headers: {} };
const COUNT: Endpoint = { path: "/responses/input_tokens", search: "", headers: {} };

function firstForm({ quirks }: LaneUpstream): Form {
  return { without: quirks.without, withReasoning: true };
}

function written(hub: HubRequest, upstream: LaneUpstream, form: Form): WrittenRequest {
  const made = bodyOf(hub, upstream, form);
  const { body, dropped } = made;
  return {
    endpoint: ANSWER,
    body,
    dropped,
    answer: readerOf(made, enforceable(hub.stopSequences)),
    instead: (error): Instead | null => {
      const other = otherForm(error, form, body);
      return other && { request: written(hub, upstream, other.form), lacks: other.lacks };
    },
  };
}

/** A function of its own, so that the reader holds nothing of the request but what it needs. */
function readerOf({ names, thinking }: Pick<Body, "names" | "thinking">, stops: readonly string[]) {
  return stoppingAt(stops, answerReader({ names, thinking: thinking.answered }));
}

/** The Responses API accepts no sound, and without the sound it would be another conversation. */
function refusalOf({ messages }: HubRequest): Refusal | null {
  for (const [index, { content }] of messages.entries()) {
    const at = content.findIndex(({ type }) => type === "audio");
    if (at >= 0) {
      const detail = "the accounts that serve this model take no sound as input";
      return { reason: "member_refused", member: `messages.${index}.content.${at}`, detail };
    }
  }
  return null;
}
