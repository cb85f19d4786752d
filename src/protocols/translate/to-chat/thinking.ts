/** How much the model should think, in the words of each service. */
import { effortAsked, effortsOf, nearestEffort, stepDown } from "../effort.ts";
import type { Gaps } from "../gaps.ts";
import { EFFORTS, type Effort, type HubRequest, type Json } from "../hub.ts";
import type { Quirks } from "../quirks.ts";

export interface ThinkingPlan {
  /** Members of the request. */
  members: Json;
  /** The wishes of the client that are not passed on, as members of the Messages API. */
  dropped: string[];
  /** Whether the model may think before this answer. */
  mayThink: boolean;
  /** Whether the model cannot be kept from thinking. */
  mustThink: boolean;
}

/** Whether the name is that of one of OpenAI's thinking models, whoever runs it. They refuse parameters that all others accept. */
export function isReasoningModel(model: string): boolean {
  // Its weights are open, and those who run it accept what all models accept.
  return !model.includes("gpt-oss") && (effortsOf(model) ?? []).length > 0;
}

/** `off`: the request does not go together with thinking, whatever the client has asked for. */
export function thinkingPlan(hub: HubRequest, model: string, quirks: Quirks, gaps: Gaps, off: boolean): ThinkingPlan {
  const wished = effortAsked(hub);
  const effort = off ? "none" : wished;
  const { members, told } = controlled(hub, effort, model, quirks, gaps);
  const isOff = effort === "none" && told;
  const mustThink = effort === "none" && !told;
  const ignored = (wished !== null && wished !== "none" && !told) || (off && wished !== null && wished !== "none");
  return {
    members,
    mayThink: !isOff,
    mustThink,
    dropped: ignored ? [hub.effort ? "output_config.effort" : "thinking"] : [],
  };
}

interface Controlled {
  members: Json;
  /** Whether the service is told the wish, or the nearest to it. */
  told: boolean;
}

function controlled(hub: HubRequest, effort: Effort | null, model: string, quirks: Quirks, gaps: Gaps): Controlled {
  const untold = { members: {}, told: false };
  const { thinkingControl } = quirks;
  if (effort === null || thinkingControl === null) return untold;
  const isOn = effort !== "none";
  const word = wordFor(effort, model, quirks, gaps, hub.tools.length > 0);
  if (thinkingControl === "reasoning_effort") {
    return word === null ? untold : { members: { reasoning_effort: word }, told: isOn === (word !== "none") };
  }
  if (gaps.has(thinkingControl)) return untold;
  switch (thinkingControl) {
    case "thinking":
    case "thinking_off": {
      const worded = isOn && quirks.efforts !== null && word !== null && word !== "none";
      const isSaid = !isOn || thinkingControl === "thinking";
      return {
        members: {
          ...(isSaid && { thinking: { type: isOn ? "enabled" : "disabled" } }),
          ...(worded && { reasoning_effort: word }),
        },
        told: true,
      };
    }
    case "enable_thinking":
      return enableThinking(hub, isOn, gaps);
    case "reasoning":
      return { members: { reasoning: openRouters(hub, effort) }, told: true };
    case "chat_template_kwargs":
      // Templates use one of these two names.
      return { members: { chat_template_kwargs: { enable_thinking: isOn, thinking: isOn } }, told: true };
  }
}

/** Qwen's form: a switch, and a budget if the client has named one. */
function enableThinking({ thinking }: HubRequest, isOn: boolean, gaps: Gaps): Controlled {
  if (gaps.has("enable_thinking", "true")) return { members: { enable_thinking: false }, told: !isOn };
  const budget = thinking?.type === "enabled" ? thinking.budget_tokens : null;
  const isBudgeted = isOn && budget !== null && !gaps.has("thinking_budget");
  return { members: { enable_thinking: isOn, ...(isBudgeted && { thinking_budget: budget }) }, told: true };
}

function openRouters({ thinking, effort: word }: HubRequest, effort: Effort): Json {
  if (effort === "none") return { enabled: false };
  if (thinking?.type === "enabled" && word === null) return { max_tokens: thinking.budget_tokens };
  return { effort };
}

/** The word for an effort that the model accepts; null for none, or if nothing should be said. */
function wordFor(effort: Effort, model: string, quirks: Quirks, gaps: Gaps, withTools: boolean): Effort | null {
  if (gaps.has("reasoning_effort")) return null;
  const refused = (word: Effort) => gaps.has("reasoning_effort", word);
  if (withTools && gaps.with("reasoning_effort", "tools")) return refused("none") ? null : "none";
  const list = gaps.list("reasoning_effort") ?? quirks.efforts ?? effortsOf(model);
  if (list) {
    const taken = EFFORTS.filter((word) => list.includes(word) && !refused(word));
    const nearest = nearestEffort(effort, taken);
    // If only a name turns thinking off, a client that wants some gets the model's own default.
    return nearest === "none" && effort !== "none" ? null : nearest;
  }
  let word: Effort | null = effort;
  while (word !== null && refused(word)) word = word === "none" ? null : stepDown(word);
  return word;
}
