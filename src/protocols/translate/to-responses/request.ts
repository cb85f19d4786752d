/** A request of the hub in the form of the Responses API. The order of its members never changes, because prompt caches need that. */
import type { ResponseCreateParams, ResponseTextConfig } from "openai/resources/responses/responses";
import { effortsOf } from "../effort.ts";
import type { LaneUpstream } from "../halves.ts";
import type { HubFormat, HubRequest, Json } from "../hub.ts";
import { cacheKey, userPseudonym } from "../identity.ts";
import { fitted, Names } from "../names.ts";
import { mayBeStrict } from "../openai-schema.ts";
import { mostOutput } from "../output-limit.ts";
import { enforceable } from "../stop-sequences.ts";
import { type InputRules, inputOf } from "./input.ts";
import { type Thinking, thinkingOf } from "./thinking.ts";
import { toolMembers, WEB_SEARCH } from "./tools.ts";
import { ANY_JSON, withoutMembers } from "./without.ts";

/** What is left out of a request after it was refused. */
export interface Form {
  /** By the upstream's own names, as in `quirks.without`. */
  without: readonly string[];
  /** Whether reasoning of earlier turns goes along. */
  withReasoning: boolean;
}

export interface Body {
  body: Json;
  dropped: string[];
  names: Names;
  thinking: Thinking;
}

/** OpenAI's limits. */
const LONGEST_NAME = 64;
const FEWEST_OUTPUT_TOKENS = 16;

export function bodyOf(hub: HubRequest, upstream: LaneUpstream, form: Form): Body {
  const { content, names, thinking, searches, dropped } = contentOf(hub, upstream, form);
  const limit = outputLimit(hub.maxTokens, upstream.model);
  const include = [
    ...(thinking.encrypted ? (["reasoning.encrypted_content"] as const) : []),
    ...(searches ? (["web_search_call.action.sources"] as const) : []),
  ];
  const sampling = samplingOf(hub, thinking);
  const left = hub.stopSequences.length > enforceable(hub.stopSequences).length ? ["stop_sequences"] : [];
  const params: ResponseCreateParams = {
    ...content,
    ...(include.length > 0 && { include }),
    ...(limit.tokens !== null && { max_output_tokens: limit.tokens }),
    ...sampling.members,
    store: false,
    stream: hub.stream,
    ...(hub.session !== null && { prompt_cache_key: cacheKey(hub.session) }),
    // `safety_identifier` is OpenAI's own. The key of the cache is known to every service with this format.
    ...(hub.user !== null && upstream.official && { safety_identifier: userPseudonym(hub.user) }),
  };
  const { body, dropped: refused } = withoutMembers({ ...params }, form.without);
  return { body, dropped: [...dropped, ...sampling.dropped, ...limit.dropped, ...left, ...refused], names, thinking };
}

/** The part of a request that is counted. */
export function countedBodyOf(hub: HubRequest, upstream: LaneUpstream, form: Form): Json {
  return withoutMembers({ ...contentOf(hub, upstream, form).content }, form.without).body;
}

function contentOf(hub: HubRequest, upstream: LaneUpstream, { without, withReasoning }: Form) {
  const { model } = upstream;
  const names = new Names(LONGEST_NAME);
  const { members, searches, dropped } = toolMembers(hub, names, !without.includes(WEB_SEARCH));
  const thinking = thinkingOf(hub, upstream, without, searches);
  const { effort, summary } = thinking;
  const form = textOf(hub, model, without);
  const instructions = hub.system.map(({ text }) => text).join("\n\n");
  const content: ResponseCreateParams = {
    model,
    ...(instructions !== "" && { instructions }),
    input: inputOf(hub.messages, inputRules(upstream, names, withReasoning)),
    ...members,
    ...((effort !== null || summary) && {
      reasoning: { ...(effort !== null && { effort }), ...(summary && { summary: "auto" }) },
    }),
    ...(form.text && { text: form.text }),
  };
  return { content, names, thinking, searches, dropped: [...dropped, ...thinking.dropped, ...form.dropped] };
}

/** The models that know the phase of a message: OpenAI's from GPT-5.3 Codex on. */
const PHASED = /^gpt-(?:5\.3-codex|5\.(?:[4-9]|\d\d)|[6-9]|\d\d)/;

function inputRules({ model, official, quirks }: LaneUpstream, names: Names, withReasoning: boolean): InputRules {
  const systemRole = official ? "developer" : "system";
  return {
    names,
    systemRole: quirks.systemAnywhere ? systemRole : null,
    withReasoning: withReasoning && effortsOf(model)?.length !== 0,
    phases: official && PHASED.test(model),
  };
}

/** OpenAI refuses a limit above what its model ever writes, and one below this minimum. */
function outputLimit(asked: number | null, model: string): { tokens: number | null; dropped: string[] } {
  if (asked === null) return { tokens: null, dropped: [] };
  const most = mostOutput(model);
  if (most !== null && asked > most) return { tokens: most, dropped: ["max_tokens"] };
  return { tokens: Math.max(FEWEST_OUTPUT_TOKENS, asked), dropped: [] };
}

function samplingOf({ temperature, topP, topK }: HubRequest, { refusesSampling }: Thinking) {
  const dropped = topK === null ? [] : ["top_k"];
  const asked = {
    ...(temperature !== null && { temperature }),
    ...(topP !== null && { top_p: topP }),
  };
  if (!refusesSampling) return { members: asked, dropped };
  // 1 is what these models use anyway.
  dropped.push(...Object.entries(asked).flatMap(([name, value]) => (value === 1 ? [] : [name])));
  return { members: {}, dropped };
}

/** The models that accept a length for their answers. */
const VERBOSE = /^gpt-(?:[5-9]|\d\d)/;

function textOf(
  { format, verbosity }: HubRequest,
  model: string,
  without: readonly string[],
): { text: ResponseTextConfig | null; dropped: string[] } {
  const isKnown = !/^(?:gpt-|o\d)/.test(model) || VERBOSE.test(model);
  const text: ResponseTextConfig = {
    ...(format && { format: formatOf(format, without.includes(ANY_JSON)) }),
    ...(verbosity && isKnown && { verbosity }),
  };
  const dropped = verbosity && !isKnown ? ["verbosity"] : [];
  return { text: Object.keys(text).length > 0 ? text : null, dropped };
}

function formatOf(format: HubFormat, lacksAnyJson: boolean): NonNullable<ResponseTextConfig["format"]> {
  if (format.type === "json" && !lacksAnyJson) return { type: "json_object" };
  // A schema for any object, which means the same.
  if (format.type === "json") return { type: "json_schema", name: "answer", schema: { type: "object" }, strict: false };
  const { schema, name, description } = format;
  return {
    type: "json_schema",
    name: fitted(name ?? "answer", LONGEST_NAME),
    schema,
    // Anthropic follows every schema. An OpenAI client says itself whether that is meant.
    strict: (format.strict ?? true) && mayBeStrict(schema),
    ...(description !== undefined && { description }),
  };
}
