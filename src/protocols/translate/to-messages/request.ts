/** A request of the hub in the form that the Messages API accepts for the model that is asked. */
import type { Findings } from "../findings.ts";
import type { HubMessage, HubRequest, Json } from "../hub.ts";
import type { Names } from "../names.ts";
import { withoutMembers } from "../without.ts";
import { ownSearchesIn } from "./blocks.ts";
import { withBreakpoints } from "./cache.ts";
import { conversationOf, lacksItsThinking, leadingSystem, type Turn } from "./conversation.ts";
import type { ClaudeModel } from "./models.ts";
import { samplingWritten } from "./sampling.ts";
import { closedSchema } from "./schema.ts";
import { type Thinking, thinkingFor } from "./thinking.ts";
import { choiceWritten, isForced, toolsCalledIn, toolsWritten } from "./tools.ts";

/** The form of a request to an upstream, according to what is known of its model and what it has refused. */
export interface Form {
  model: ClaudeModel;
  /** Whether thinking stays out because its signatures were refused. */
  stripsThinking: boolean;
  /** Whether tools that the history has called are defined, even if none may be called now. */
  definesTools: boolean;
  /** Members that the upstream does not accept, such as `output_config.effort`. */
  without: readonly string[];
}

/** Used if the client sets no limit and the model's own is unknown. */
const DEFAULT_OUTPUT = 32_000;
/** Earlier models refuse a limit for which the prompt leaves no room. So a limit that nobody asked for is not larger than this. */
const CAREFUL_OUTPUT = 32_000;

const NO_CALLS = { type: "none" };

export function bodyOf(asked: HubRequest, name: string, form: Form, names: Names, findings: Findings): Json {
  const { model } = form;
  const hub = form.definesTools ? { ...asked, tools: toolsCalledIn(asked.messages) } : asked;
  const maxTokens = outputLimit(hub, model, findings);
  const { turns, thinking } = conversationAndThinking(hub, form, maxTokens, names, findings);
  const prompt = withBreakpoints(
    { tools: toolsWritten(hub.tools, names, model, findings), system: systemWritten(hub), messages: turns },
    model.isClaude,
  );
  const choice = form.definesTools ? NO_CALLS : choiceWritten(hub, names, model, findings);
  const config = outputConfig(hub, thinking, model, findings);
  const stops = stopsWritten(hub.stopSequences, findings);
  if (hub.verbosity !== null && hub.verbosity !== "medium") findings.drop("verbosity");
  const body: Json = {
    model: name,
    max_tokens: maxTokens,
    ...(prompt.system.length > 0 && { system: prompt.system }),
    ...(prompt.tools.length > 0 && { tools: prompt.tools }),
    ...(choice && { tool_choice: choice }),
    ...(thinking.thinking && { thinking: thinking.thinking }),
    ...(config && { output_config: config }),
    ...samplingWritten(hub, model, thinking.isOn, findings),
    ...(stops.length > 0 && { stop_sequences: stops }),
    ...(hub.user !== null && hub.user.length <= LONGEST_USER && { metadata: { user_id: hub.user } }),
    messages: prompt.messages,
    ...(hub.stream && { stream: true }),
  };
  if (turns.length === 0) findings.refuse("messages", "there is nothing in them");
  return withoutMembers(body, form.without, (member) => findings.drop(member));
}

/** The API's own limit. */
const LONGEST_USER = 256;

function outputLimit({ maxTokens }: HubRequest, { mostOutput, prefill }: ClaudeModel, findings: Findings): number {
  if (maxTokens === null) return Math.min(mostOutput ?? DEFAULT_OUTPUT, prefill ? CAREFUL_OUTPUT : Infinity);
  if (mostOutput === null || maxTokens <= mostOutput) return maxTokens;
  findings.drop("max_tokens");
  return mostOutput;
}

/** These depend on each other: the history decides whether a model may think, and thinking decides what of the history goes back. */
function conversationAndThinking(
  hub: HubRequest,
  { model, stripsThinking }: Form,
  maxTokens: number,
  names: Names,
  findings: Findings,
): { turns: Turn[]; thinking: Thinking } {
  const ownSearches = ownSearchesIn(blocksIn(hub.messages));
  const write = ({ isOn }: Thinking) => {
    const keepsThinking = !stripsThinking && (isOn || !model.isClaude);
    const writing = { names, keepsThinking, signs: model.isClaude, ownSearches, findings };
    return conversationOf(hub.messages, model, model.prefill && !isOn, writing);
  };
  const forbids = isForced(hub) && model.forcedTools && !model.forcedWhileThinking;
  const wanted = thinkingFor(hub, model, maxTokens, forbids);
  const turns = write(wanted);
  const isStrict = model.thinking === "budget" && wanted.isOn && (model.isClaude || stripsThinking);
  const thinking = isStrict && lacksItsThinking(turns) ? thinkingFor(hub, model, maxTokens, true) : wanted;
  for (const member of thinking.dropped) findings.drop(member);
  return { turns: thinking === wanted ? turns : write(thinking), thinking };
}

function* blocksIn(messages: readonly HubMessage[]) {
  for (const { content } of messages) yield* content;
}

function systemWritten({ system, messages }: HubRequest): Json[] {
  const leading = messages.slice(0, leadingSystem(messages)).flatMap(({ content }) => content);
  const texts = [...system, ...leading.filter((block) => block.type === "text")];
  return texts.filter(({ text }) => /\S/.test(text)).map(({ citations: _, ...block }) => block);
}

function outputConfig(hub: HubRequest, { effort }: Thinking, model: ClaudeModel, findings: Findings): Json | null {
  const { format } = hub;
  const isBound = format?.type === "json_schema" && model.structured;
  // The API cannot be asked for an answer that is any JSON.
  if (format && !isBound) findings.drop("output_config.format");
  if (!effort && !isBound) return null;
  return {
    ...(effort && { effort }),
    ...(isBound && { format: { type: "json_schema", schema: closedSchema(format.schema) } }),
  };
}

function stopsWritten(stops: readonly string[], findings: Findings): string[] {
  const written = stops.filter((stop) => /\S/.test(stop));
  if (written.length < stops.length) findings.drop("stop_sequences");
  return written;
}
