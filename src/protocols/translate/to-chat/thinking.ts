/** How much the model is to think, in the words of each service. */
import { effortAsked, effortsOf, nearestEffort, stepDown } from "../effort.ts";
import type { Gaps } from "../gaps.ts";
import { EFFORTS, type Effort, type HubRequest, type Json } from "../hub.ts";
import type { Quirks } from "../quirks.ts";

export interface ThinkingPlan {
  /** Members of the request. */
  members: Json;
  /** What of the client's wish is not told, as members of the Messages API. */
  dropped: string[];
  /** The model may think before this answer. */
  mayThink: boolean;
  /** It cannot be had that it does not. */
  mustThink: boolean;
}

/** OpenAI's own names of models that think, whoever runs them: they refuse parameters that all others take. */
export function isReasoningModel(model: string): boolean {
  // Its weights are open, and whoever runs them takes what all models take.
  return !model.includes("gpt-oss") && (effortsOf(model) ?? []).length > 0;
}

/** `off`: the request cannot be had with thinking, whatever the client has said of it. */
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
  /** The service is told what was wished, as near as it can be. */
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
      // Templates have one of the two names for it.
      return { members: { chat_template_kwargs: { enable_thinking: isOn, thinking: isOn } }, told: true };
  }
}

/** Qwen's: a switch, and a budget where the client has named one. */
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

/** The word for an effort that the model takes; null for none, or where nothing is to be said. */
function wordFor(effort: Effort, model: string, quirks: Quirks, gaps: Gaps, withTools: boolean): Effort | null {
  if (gaps.has("reasoning_effort")) return null;
  const refused = (word: Effort) => gaps.has("reasoning_effort", word);
  if (withTools && gaps.with("reasoning_effort", "tools")) return refused("none") ? null : "none";
  const list = gaps.list("reasoning_effort") ?? quirks.efforts ?? effortsOf(model);
  if (list) {
    const taken = EFFORTS.filter((word) => list.includes(word) && !refused(word));
    const nearest = nearestEffort(effort, taken);
    // Where thinking can only be turned off by name, whoever wants some gets the model's own default.
    return nearest === "none" && effort !== "none" ? null : nearest;
  }
  let word: Effort | null = effort;
  while (word !== null && refused(word)) word = word === "none" ? null : stepDown(word);
  return word;
}
