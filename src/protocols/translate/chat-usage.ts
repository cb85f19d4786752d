/**
 * The lane of Chat streams whose client did not ask for usage. If nobody asks, the upstream never says what was used, and the whole
 * input would go unbooked. So the relay asks, and removes the additional chunk again. For these clients that costs JavaScript per
 * chunk; the stream of a client that asks for usage itself is piped natively.
 */
import { object } from "../../ground/json.ts";
import { boundedValue, scanTopLevel, splice } from "../scan.ts";
import { type AnswerLane, AS_IT_IS, bytesOf, type Lane } from "./lane.ts";
import { type EventChange, EventRewriter } from "./rewrite.ts";
import { faultIn } from "./to-responses/instead.ts";

export const CHAT_USAGE: Lane = {
  open: (request, { model, quirks }) => {
    const unasked = bytesOf(request, model);
    if (quirks.without.includes("stream_options")) return { ok: true, value: unasked };
    // Some compatible services do not know `stream_options`. A refused prompt would be refused again, and may be charged each time.
    const instead = (error: string) => {
      const isNamed = NAMED.test(error);
      return isNamed || tellsNoCause(error) ? { lane: unasked, lacks: isNamed ? "stream_options" : null } : null;
    };
    const body = () => askForUsage(unasked.body());
    return { ok: true, value: { ...unasked, body, instead, answer: WITHOUT_CHUNK } };
  },
};

const NAMED = /stream[ _]?options|include[ _]?usage/i;
/** Words that occur in every refusal, and so name no cause. */
const NO_CAUSE = /^(?:[\W\d_]|bad|error|invalid|malformed|parameters?|provider|request|returned|unknown|upstream)*$/i;

function tellsNoCause(error: string): boolean {
  const fault = faultIn(error);
  if (!fault) return /^\s*</.test(error) || NO_CAUSE.test(error);
  return NO_CAUSE.test(`${fault.code} ${fault.parameter} ${fault.message}`);
}

const STREAM_OPTIONS = new Set(["stream_options"]);

/** The body with `stream_options.include_usage` set. The client must not have asked for usage in it. */
export function askForUsage(body: Uint8Array): Uint8Array {
  const scan = scanTopLevel(body, STREAM_OPTIONS);
  const at = scan.ok ? scan.members.get("stream_options") : undefined;
  const value = { ...object(boundedValue(body, at)), include_usage: true };
  if (at) return splice(body, at, value);
  // Right behind the opening brace, the one place that every body has. A body has members, so a comma may follow.
  const brace = body.indexOf(0x7b);
  const member = new TextEncoder().encode(`"stream_options":${JSON.stringify(value)},`);
  const extended = new Uint8Array(body.length + member.length);
  extended.set(body.subarray(0, brace + 1));
  extended.set(member, brace + 1);
  extended.set(body.subarray(brace + 1), brace + 1 + member.length);
  return extended;
}

/** Drops the chunk that carries only usage, and passes everything else. */
export const WITHOUT_USAGE: EventChange = {
  whole: (event) => (isUsageChunk(event) ? "" : event),
  // A chunk with only usage is never that long.
  around: () => null,
};

const WITHOUT_CHUNK: AnswerLane = { ...AS_IT_IS, stage: () => new EventRewriter(WITHOUT_USAGE) };

function isUsageChunk(event: string): boolean {
  if (!/"usage"\s*:\s*\{/.test(event)) return false;
  const data = event.match(/^data:(.*)$/m)?.[1];
  try {
    const chunk = object(JSON.parse(data ?? ""));
    return chunk !== undefined && Array.isArray(chunk.choices) && chunk.choices.length === 0;
  } catch {
    return false;
  }
}
