/**
 * Requests to an upstream that is asked in Google's generateContent, and its answers. Nothing in a request depends on the clock or on
 * chance, because Google's cache needs an identical prefix.
 */
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import type { Endpoint, Instead, LaneUpstream, UpstreamHalf, WrittenCount, WrittenRequest } from "../halves.ts";
import type { HubRequest, Json } from "../hub.ts";
import { stoppingAt } from "../stop-sequences.ts";
import { answerReader } from "./answer.ts";
import { changeFor, IN_CONTENTS } from "./instead.ts";
import { bodyOf, promptOf } from "./request.ts";
import { type Signing, writingFor } from "./writing.ts";

export const TO_GEMINI: UpstreamHalf = {
  write: (hub, upstream) => written(hub, upstream, AS_CARRIED),
  count,
};

const AS_CARRIED: Signing = { fill: false, keep: true };

function written(hub: HubRequest, upstream: LaneUpstream, signing: Signing): Result<WrittenRequest, Refusal> {
  const writing = writingFor(upstream, signing);
  const body = bodyOf(hub, writing);
  if (!body.ok) return body;
  return {
    ok: true,
    value: {
      endpoint: hub.stream ? endpoint("streamGenerateContent", "?alt=sse") : endpoint("generateContent"),
      body: body.value,
      dropped: [...writing.dropped],
      answer: stoppingAt(writing.stops, answerReader(writing.names)),
      instead: (error) => insteadOf({ hub, upstream, signing, body: body.value }, error),
    },
  };
}

function endpoint(action: string, search = ""): Endpoint {
  return { path: `/v1beta/models/{model}:${action}`, search, headers: {} };
}

interface Sent {
  hub: HubRequest;
  upstream: LaneUpstream;
  signing: Signing;
  body: Json;
}

function insteadOf({ hub, upstream, signing, body }: Sent, error: string): Instead | null {
  const change = changeFor(error, signing);
  if (!change) return null;
  if ("signing" in change) {
    const other = written(hub, upstream, change.signing);
    return other.ok ? { request: other.value, lacks: null } : null;
  }
  const { quirks } = upstream;
  const { lacks } = change;
  // It was already left out, so something else is wrong.
  if (quirks.without.includes(lacks)) return null;
  const other = written(hub, { ...upstream, quirks: { ...quirks, without: [...quirks.without, lacks] } }, signing);
  // If leaving it out changes nothing, the refusal was about something else, and must not be remembered.
  const changed = other.ok && (IN_CONTENTS.has(lacks) || formOf(other.value.body) !== formOf(body));
  return changed ? { request: other.value, lacks } : null;
}

/** A body without its conversation. */
function formOf({ contents, ...form }: Json): string {
  return JSON.stringify(form);
}

function count(hub: HubRequest, upstream: LaneUpstream): Result<WrittenCount, Refusal> {
  const prompt = promptOf(hub, writingFor(upstream, AS_CARRIED));
  if (!prompt.ok) return prompt;
  const model = upstream.model.startsWith("models/") ? upstream.model : `models/${upstream.model}`;
  return {
    ok: true,
    value: {
      endpoint: endpoint("countTokens"),
      body: { generateContentRequest: { model, ...prompt.value } },
      tokensIn: ({ totalTokens }) => (typeof totalTokens === "number" ? totalTokens : null),
    },
  };
}
