/** The hub's request as one of Chat Completions, with what the service and the model accept. */
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import { Gaps, withConsequences } from "../gaps.ts";
import type { LaneUpstream } from "../halves.ts";
import type { HubFormat, HubFunction, HubRequest, HubTool, HubWebSearch, Json } from "../hub.ts";
import { cacheKey, userPseudonym } from "../identity.ts";
import type { Names } from "../names.ts";
import { argumentsSchema, mayBeStrict } from "../openai-schema.ts";
import { mostOutput } from "../output-limit.ts";
import type { Quirks } from "../quirks.ts";
import { enforceable } from "../stop-sequences.ts";
import { messagesOf } from "./messages.ts";
import { isReasoningModel, type ThinkingPlan, thinkingPlan } from "./thinking.ts";

export interface WrittenChat {
  body: Json;
  dropped: string[];
  /** Stop sequences that the relay has to look for. */
  stops: string[];
}

/** `names`: receives the names of the tools. */
export function writeChat(hub: HubRequest, upstream: LaneUpstream, names: Names): Result<WrittenChat, Refusal> {
  const draft = new Draft(hub, upstream, names);
  draft.write();
  const { body, dropped, stops, refusal } = draft;
  return refusal ? { ok: false, refusal } : { ok: true, value: { body, dropped: [...dropped], stops } };
}

/** The limit of OpenAI and of all compatible services. */
const MOST_STOPS = 4;

class Draft {
  readonly body: Json;
  readonly dropped = new Set<string>();
  stops: string[] = [];
  refusal: Refusal | null = null;
  readonly #hub: HubRequest;
  readonly #model: string;
  readonly #quirks: Quirks;
  readonly #gaps: Gaps;
  readonly #names: Names;
  readonly #reasons: boolean;

  constructor(hub: HubRequest, { model, quirks }: LaneUpstream, names: Names) {
    this.#hub = hub;
    this.#model = model;
    this.#quirks = withConsequences(quirks);
    this.#gaps = new Gaps(quirks.without);
    this.#names = names;
    this.#reasons = isReasoningModel(model);
    this.body = { model };
  }

  write(): void {
    const hub = this.#hub;
    const format = formatOf(hub.format, this.#quirks, this.#gaps);
    if (hub.format && format.instruction !== null) this.dropped.add("output_config.format");
    const tools = this.#tools();
    const choice = this.#choice(tools);
    const isForced = choice !== undefined && choice !== "auto" && choice !== "none";
    const isExclusive = isForced && this.#quirks.toolChoice === "unless_thinking";
    const plan = thinkingPlan(hub, this.#model, this.#quirks, this.#gaps, isExclusive);
    for (const name of plan.dropped) this.dropped.add(name);
    this.#messages(format.instruction, plan);
    this.#put("tools", tools.length > 0 ? tools : undefined);
    if (isExclusive && plan.mustThink) this.dropped.add("tool_choice");
    else this.#put("tool_choice", choice);
    if (tools.length > 0 && hub.disableParallelToolUse) {
      this.#put("parallel_tool_calls", false, "tool_choice.disable_parallel_tool_use");
    }
    this.#limit();
    this.#sampling(plan);
    this.#stop();
    this.#put("response_format", format.value);
    this.#put("verbosity", this.#quirks.verbosity ? hub.verbosity : null);
    if (hub.verbosity && !this.#quirks.verbosity) this.dropped.add("verbosity");
    for (const [name, value] of Object.entries({ ...plan.members, ...this.#quirks.extraBody })) this.#put(name, value);
    if (this.#quirks.user && hub.user !== null) this.#put(this.#quirks.user, userPseudonym(hub.user));
    if (this.#quirks.promptCacheKey && hub.session !== null) this.#put("prompt_cache_key", cacheKey(hub.session));
    if (!hub.stream) return;
    this.body.stream = true;
    this.#put("stream_options", { include_usage: true });
    if (tools.length > 0 && this.#quirks.toolStream) this.#put("tool_stream", true);
  }

  /** Sets a member if the upstream accepts it. Otherwise names it as dropped under `as`, which is given if its absence can be felt. */
  #put(name: string, value: unknown, as?: string): void {
    if (value === undefined || value === null) return;
    if (!this.#gaps.has(name)) this.body[name] = value;
    else if (as !== undefined) this.dropped.add(as);
  }

  #messages(instruction: string | null, { mayThink }: ThinkingPlan): void {
    const { messages, dropped, refusal } = messagesOf(this.#hub, {
      quirks: this.#quirks,
      names: this.#names,
      instruction,
      mayThink,
    });
    this.body.messages = messages;
    this.refusal = refusal;
    for (const name of dropped) this.dropped.add(name);
  }

  #tools(): Json[] {
    const { toolChoice, tools } = this.#hub;
    // If only `auto` is accepted, the tools are left out so that none is called.
    if (toolChoice?.type === "none" && this.#quirks.toolChoice === "auto") return [];
    const chosen = this.#isSingle() ? tools.filter((tool) => isNamed(tool, this.#chosenName())) : tools;
    return chosen.flatMap((tool) => {
      if (tool.type === "function") return [this.#function(tool)];
      if (this.#quirks.webSearch) return [openRouterSearch(tool)];
      if (SEARCHES.test(this.#model)) this.#put("web_search_options", searchOptions(tool), "tools[web_search]");
      else this.dropped.add("tools[web_search]");
      return [];
    });
  }

  #chosenName(): string | null {
    const { toolChoice } = this.#hub;
    return toolChoice?.type === "tool" ? toolChoice.name : null;
  }

  /** Whether one tool is forced, and the only way to force it is to send no other. */
  #isSingle(): boolean {
    const name = this.#chosenName();
    return (
      name !== null && this.#quirks.toolChoice === "required" && this.#hub.tools.some((tool) => isNamed(tool, name))
    );
  }

  #function({ name, description, input_schema, strict }: HubFunction): Json {
    const parameters = argumentsSchema(input_schema);
    const isStrict = strict === true && mayBeStrict(parameters);
    if (isStrict && this.#gaps.has("strict")) this.dropped.add("tools.strict");
    return {
      type: "function",
      function: {
        name: this.#names.to(name),
        ...(description !== undefined && { description }),
        parameters,
        ...(isStrict && !this.#gaps.has("strict") && { strict: true }),
      },
    };
  }

  #choice(tools: readonly Json[]): string | Json | undefined {
    const { toolChoice } = this.#hub;
    if (!toolChoice || tools.length === 0) return undefined;
    const { toolChoice: taken } = this.#quirks;
    if (toolChoice.type === "none") return "none";
    if (toolChoice.type === "auto") return "auto";
    const functions = tools.filter(({ type }) => type === "function");
    const isThere = toolChoice.type === "any" || this.#hub.tools.some((tool) => isNamed(tool, toolChoice.name));
    if (taken === "auto" || functions.length === 0 || !isThere) {
      this.dropped.add("tool_choice");
      return "auto";
    }
    if (toolChoice.type === "any" || taken === "required") return "required";
    return { type: "function", function: { name: this.#names.to(toolChoice.name) } };
  }

  #limit(): void {
    const { maxTokens } = this.#hub;
    if (maxTokens === null) return;
    const limit = Math.min(maxTokens, mostOutput(this.#model) ?? maxTokens, this.#gaps.most("max_tokens"));
    const preferred = this.#reasons ? "max_completion_tokens" : this.#quirks.maxTokens;
    const other = preferred === "max_tokens" ? "max_completion_tokens" : "max_tokens";
    const name = [preferred, other].find((each) => !this.#gaps.has(each));
    if (limit < maxTokens || name === undefined) this.dropped.add("max_tokens");
    if (name !== undefined) this.body[name] = limit;
  }

  #sampling({ members }: ThinkingPlan): void {
    const { temperature, topP, topK } = this.#hub;
    const isFixed = this.#reasons && members.reasoning_effort !== "none";
    for (const [name, value] of [
      ["temperature", temperature],
      ["top_p", topP],
    ] as const) {
      // 1 is the default of each of them.
      if (!isFixed) this.#put(name, value, name);
      else if (value !== null && value !== 1) this.dropped.add(name);
    }
    if (this.#quirks.topK) this.#put("top_k", topK, "top_k");
    else if (topK !== null) this.dropped.add("top_k");
  }

  /** OpenAI's o-series has no stop sequences, and no service more than four. The relay looks for the others itself. */
  #stop(): void {
    const { stopSequences } = this.#hub;
    const isTaken = !(this.#gaps.has("stop") || NO_STOP.test(this.#model));
    const sent = isTaken ? stopSequences.slice(0, MOST_STOPS) : [];
    if (sent.length > 0) this.body.stop = sent;
    const rest = stopSequences.slice(sent.length);
    this.stops = enforceable(rest);
    if (this.stops.length < rest.length) this.dropped.add("stop_sequences");
  }
}

/** OpenAI's models that do nothing but search. */
const SEARCHES = /-search-(?:preview|api)/;

function searchOptions({ user_location }: HubWebSearch): Json {
  return user_location ? { user_location: { type: "approximate", approximate: user_location } } : {};
}

function openRouterSearch({ allowed_domains, blocked_domains }: HubWebSearch): Json {
  const parameters = {
    ...(allowed_domains && { allowed_domains }),
    ...(blocked_domains && { excluded_domains: blocked_domains }),
  };
  return { type: "openrouter:web_search", ...(Object.keys(parameters).length > 0 && { parameters }) };
}

const NO_STOP = /(?:^|\/)o\d/;

function isNamed(tool: HubTool, name: string | null): boolean {
  return tool.type === "function" && tool.name === name;
}

interface WrittenFormat {
  value: Json | null;
  /** The instruction for the model if the format cannot be asked for. */
  instruction: string | null;
}

/** The requested form of the answer, or the nearest that the service has, with the schema in the instructions. */
function formatOf(format: HubFormat | null, { answerFormats }: Quirks, gaps: Gaps): WrittenFormat {
  if (!format) return { value: null, instruction: null };
  const takes = (type: "json_schema" | "json_object") =>
    (answerFormats === "any" || answerFormats === type) &&
    !gaps.has("response_format") &&
    !gaps.has("response_format", type);
  if (format.type === "json") {
    if (takes("json_object")) return { value: { type: "json_object" }, instruction: null };
    // A schema for any object, which means the same.
    const schema = { name: "answer", schema: { type: "object" } };
    if (takes("json_schema")) return { value: { type: "json_schema", json_schema: schema }, instruction: null };
    return { value: null, instruction: "Answer with one JSON object and nothing else." };
  }
  const { schema, name, strict, description } = format;
  if (takes("json_schema")) {
    // Messages always holds the model to the schema.
    const isStrict = (strict ?? mayBeStrict(schema)) && !gaps.has("strict");
    const json_schema = {
      name: name ?? "answer",
      ...(description !== undefined && { description }),
      schema,
      ...(isStrict && { strict: true }),
    };
    return { value: { type: "json_schema", json_schema }, instruction: null };
  }
  const instruction = `Answer with one JSON object and nothing else. It must fit this JSON schema:\n${JSON.stringify(schema)}`;
  return { value: takes("json_object") ? { type: "json_object" } : null, instruction };
}
