/** A request of the Responses API in hub terms: all members but its input (items.ts) and its tools (tools.ts). */
import { array, isObject, object, text } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { Asked } from "../halves.ts";
import { EFFORTS, type Effort, type HubFormat, type HubRequest, type HubTool, type Json } from "../hub.ts";
import { conversationIn } from "./items.ts";
import type { ToolNames } from "./tool-names.ts";
import { choiceIn, toolsIn } from "./tools.ts";

export interface Read {
  hub: HubRequest;
  names: ToolNames;
}

export function requestIn(body: Json, asked: Asked, findings: Findings): Read {
  refuseWhatIsStored(body, findings);
  nameWhatIsLeftOut(body, findings);
  const known = toolsIn(body, findings);
  const { tools, toolChoice } = choiceIn(body.tool_choice, known, findings);
  const configuration = configurationIn(body);
  const hub: HubRequest = {
    model: asked.model,
    ...conversationIn(body, known.names, findings),
    tools: limited(tools, body, findings),
    toolChoice,
    disableParallelToolUse: body.parallel_tool_calls === false,
    maxTokens: outputLimitIn(body.max_output_tokens, findings),
    temperature: numberIn(body, "temperature", findings),
    topP: numberIn(body, "top_p", findings),
    topK: null,
    stopSequences: [],
    ...thinkingIn(configuration.reasoning, findings),
    format: formatIn(configuration.format, findings),
    verbosity: verbosityIn(object(body.text)?.verbosity, findings),
    user: text(body.safety_identifier) ?? text(body.user),
    session: asked.session,
    stream: asked.stream,
  };
  return { hub, names: known.names };
}

/** Members that refer to what is stored at OpenAI. They mean nothing to an account elsewhere. */
const STORED: readonly [member: string, detail: string][] = [
  [
    "previous_response_id",
    "the accounts that serve this model keep no responses: send the whole conversation as input",
  ],
  ["conversation", "the accounts that serve this model keep no conversations: send the whole of it as input"],
  ["prompt", "the accounts that serve this model keep no prompts: send the instructions themselves"],
];

function refuseWhatIsStored(body: Json, findings: Findings): void {
  for (const [member, detail] of STORED) {
    if (body[member] !== undefined && body[member] !== null) findings.refuse(member, detail);
  }
  if (body.background === true)
    findings.refuse("background", "the accounts that serve this model answer at once or not at all");
}

/** Members that are read here or by the relay, or mean nothing to other providers: where a response is kept, counted, cached. */
const KNOWN = new Set([
  ...["model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options"],
  ...["max_output_tokens", "max_tool_calls", "temperature", "top_p", "reasoning", "text", "user", "safety_identifier"],
  ...[
    "store",
    "background",
    "include",
    "metadata",
    "client_metadata",
    "previous_response_id",
    "conversation",
    "prompt",
  ],
  ...["prompt_cache_key", "prompt_cache_retention", "prompt_cache_options"],
]);

/** The values with which these members ask for nothing in particular. */
const ORDINARY: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ["service_tier", ["auto", "default"]],
  ["truncation", ["disabled"]],
  ["top_logprobs", [0]],
]);

function nameWhatIsLeftOut(body: Json, findings: Findings): void {
  for (const [member, value] of Object.entries(body)) {
    if (KNOWN.has(member) || value === null || ORDINARY.get(member)?.includes(value)) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    findings.drop(member);
  }
  if (array(body.include).includes(LOGPROBS)) findings.drop(`include[${LOGPROBS}]`);
}

const LOGPROBS = "message.output_text.logprobs";

/** What is asked of the answer, by the request's members and by the items that change them on the way. The last one counts. */
function configurationIn(body: Json): { reasoning: unknown; format: unknown } {
  let reasoning = body.reasoning;
  let format = object(body.text)?.format;
  for (const item of array(body.input)) {
    if (!isObject(item) || item.type !== "configuration_update") continue;
    const changed = object(item.reasoning);
    if (changed) reasoning = { ...object(reasoning), ...changed };
    format = object(item.text)?.format ?? format;
  }
  return { reasoning, format };
}

/** A limit on calls of tools that the provider runs. Of those tools, only the search is carried over. */
function limited(tools: HubTool[], { max_tool_calls: most }: Json, findings: Findings): HubTool[] {
  if (most === undefined || most === null) return tools;
  if (typeof most !== "number" || !Number.isSafeInteger(most) || most < 1) {
    findings.refuse("max_tool_calls", "it is no positive whole number");
    return tools;
  }
  return tools.map((tool) => (tool.type === "web_search" ? { ...tool, max_uses: most } : tool));
}

function outputLimitIn(value: unknown, findings: Findings): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  findings.refuse("max_output_tokens", "it is no positive whole number");
  return null;
}

function numberIn(body: Json, member: string, findings: Findings): number | null {
  const value = body[member] ?? null;
  if (value === null || typeof value === "number") return value;
  findings.refuse(member, "it is no number");
  return null;
}

type Thinking = Pick<HubRequest, "thinking" | "effort" | "showThinking">;

function thinkingIn(value: unknown, findings: Findings): Thinking {
  if (value !== undefined && value !== null && !isObject(value)) findings.refuse("reasoning", "it is no object");
  const reasoning = object(value) ?? {};
  const effort = effortIn(reasoning.effort, findings);
  const summary = reasoning.summary ?? reasoning.generate_summary ?? "none";
  const showThinking = summary !== "none";
  if (effort === "none") return { thinking: { type: "disabled" }, effort, showThinking };
  return { thinking: effort !== null || showThinking ? { type: "adaptive" } : null, effort, showThinking };
}

function effortIn(value: unknown, findings: Findings): Effort | null {
  if (value === undefined || value === null) return null;
  const effort = EFFORTS.find((known) => known === value);
  if (effort === undefined) findings.refuse("reasoning.effort", `it is none of ${EFFORTS.join(", ")}`);
  return effort ?? null;
}

function formatIn(value: unknown, findings: Findings): HubFormat | null {
  if (value === undefined || value === null) return null;
  const { type, schema, name, strict, description } = object(value) ?? {};
  if (type === "text") return null;
  if (type === "json_object") return { type: "json" };
  if (type !== "json_schema" || !isObject(schema)) {
    findings.refuse("text.format", "it is none of the forms that the API has");
    return null;
  }
  const named = text(name);
  const described = text(description);
  return {
    type,
    schema,
    ...(named !== null && { name: named }),
    ...(typeof strict === "boolean" && { strict }),
    ...(described !== null && { description: described }),
  };
}

function verbosityIn(value: unknown, findings: Findings): HubRequest["verbosity"] {
  if (value === undefined || value === null) return null;
  if (value === "low" || value === "medium" || value === "high") return value;
  findings.refuse("text.verbosity", "it is none of low, medium, high");
  return null;
}
