/** How the answer is to be made: `generationConfig`. */
import { budgetOfEffort, effortAsked, nearestEffort } from "../effort.ts";
import type { HubRequest, Json } from "../hub.ts";
import { mostOutput } from "../output-limit.ts";
import { enforceable } from "../stop-sequences.ts";
import type { ModelFacts } from "./model.ts";
import { cleanSchema } from "./schema.ts";
import type { Writing } from "./writing.ts";

/** Members of a configuration, with their names in the Messages API. */
const ORIGINS: Readonly<Record<string, string>> = {
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  maxOutputTokens: "max_tokens",
  responseMimeType: "output_config.format",
  thinkingConfig: "thinking",
};

/** Null if there is nothing to configure. */
export function configOf(hub: HubRequest, writing: Writing): Json | null {
  const wanted: Json = {
    temperature: hub.temperature,
    topP: hub.topP,
    topK: hub.topK,
    maxOutputTokens: limitOf(hub, writing),
    stopSequences: stopsOf(hub, writing),
    ...formatOf(hub, writing),
    thinkingConfig: thinkingOf(hub, writing),
  };
  if (hub.verbosity !== null) writing.dropped.add("verbosity");
  const said = Object.entries(wanted).filter(([member, value]) => {
    if (value === null || value === undefined) return false;
    if (writing.takes(member)) return true;
    writing.dropped.add(ORIGINS[member] ?? member);
    return false;
  });
  return said.length > 0 ? Object.fromEntries(said) : null;
}

function limitOf({ maxTokens }: HubRequest, { upstream, facts, dropped }: Writing): number | null {
  const most = mostOutput(upstream.model) ?? facts.mostTokens;
  if (maxTokens === null || most === null || maxTokens <= most) return maxTokens;
  dropped.add("max_tokens");
  return most;
}

const MOST_STOPS = 5;

/** The stop sequences for Google. Those beyond its limit, and all of them if it accepts none, are left to the relay. */
function stopsOf({ stopSequences }: HubRequest, writing: Writing): string[] | null {
  const sent = writing.takes("stopSequences") ? stopSequences.slice(0, MOST_STOPS) : [];
  const left = stopSequences.slice(sent.length);
  writing.stops = enforceable(left);
  if (writing.stops.length < left.length) writing.dropped.add("stop_sequences");
  return sent.length > 0 ? sent : null;
}

/** Models before Gemini 3 can either answer in a form or call tools, not both. */
function formatOf({ format, tools }: HubRequest, writing: Writing): Json {
  if (format === null) return {};
  if (!writing.takes("responseMimeType") || (tools.length > 0 && !writing.facts.mixesTools)) {
    writing.dropped.add("output_config.format");
    return {};
  }
  const json = { responseMimeType: "application/json" };
  if (format.type === "json") return json;
  if (writing.upstream.official && writing.takes("responseJsonSchema")) {
    return { ...json, responseJsonSchema: format.schema };
  }
  return { ...json, responseSchema: cleanSchema(format.schema) };
}

function thinkingOf(hub: HubRequest, writing: Writing): Json | null {
  const { thinking } = writing.facts;
  if (!thinking) return null;
  const amount = thinking.by === "level" ? levelOf(hub, thinking.efforts, writing) : budgetOf(hub, thinking, writing);
  // Google refuses to show the thoughts of a model that does not think.
  const shown = hub.showThinking && amount?.thinkingBudget !== 0 && writing.takes("includeThoughts");
  const config = { ...(shown && { includeThoughts: true }), ...amount };
  return Object.keys(config).length > 0 ? config : null;
}

/** Gemini 3 always thinks. A client that wants no thinking gets the lowest level. */
function levelOf(hub: HubRequest, efforts: Parameters<typeof nearestEffort>[1], { takes }: Writing): Json | null {
  const asked = effortAsked(hub);
  const known = efforts.filter((effort) => takes(levelMember(effort)));
  const level = asked && takes("thinkingLevel") ? nearestEffort(asked, known) : null;
  return level && { thinkingLevel: level.toUpperCase() };
}

/** The name under which a level that a model refuses is remembered. */
export function levelMember(level: string): string {
  return `thinkingLevel.${level.toUpperCase()}`;
}

/** As much as the model finds right. */
const AUTOMATIC = -1;

type Budget = Extract<ModelFacts["thinking"], { by: "budget" }>;

function budgetOf(hub: HubRequest, { least, most, off }: Budget, { takes }: Writing): Json | null {
  const tokens = takes("thinkingBudget") ? tokensAsked(hub) : null;
  if (tokens === null || tokens === AUTOMATIC) return tokens && { thinkingBudget: AUTOMATIC };
  if (tokens === 0 && off) return { thinkingBudget: 0 };
  return { thinkingBudget: Math.min(most, Math.max(least, tokens)) };
}

function tokensAsked(hub: HubRequest): number | null {
  if (hub.thinking?.type === "enabled") return hub.thinking.budget_tokens;
  if (hub.thinking?.type === "adaptive" && hub.effort === null) return AUTOMATIC;
  const asked = effortAsked(hub);
  return asked && budgetOfEffort(asked);
}
