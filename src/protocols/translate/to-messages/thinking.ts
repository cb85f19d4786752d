/** How much a model is to think, as its own parameters have it. */
import { budgetOfEffort, effortOfBudget, nearestEffort } from "../effort.ts";
import type { Effort, HubRequest, Json } from "../hub.ts";
import type { ClaudeModel } from "./models.ts";

export interface Thinking {
  /** The parameter; null where it is left out. */
  thinking: Json | null;
  effort: Effort | null;
  /** The model thinks, as far as it is known: its parameters and its history are under rules then. */
  isOn: boolean;
  dropped: string[];
}

type Wish = Pick<HubRequest, "thinking" | "effort" | "showThinking">;

/** Anthropic's own limit. */
const LEAST_BUDGET = 1_024;

/** `mayNot`: something else in the request does not go with thinking. */
export function thinkingFor(wish: Wish, model: ClaudeModel, maxTokens: number, mayNot: boolean): Thinking {
  const isOff = wish.thinking?.type === "disabled" || wish.effort === "none";
  const isWanted = !isOff && (wish.thinking !== null || wish.effort !== null);
  if (isOff) return turnedOff(model, false);
  if (mayNot && (isWanted || model.thinksByDefault)) return turnedOff(model, isWanted);
  if (!isWanted) return { ...NOTHING_SAID, isOn: model.thinksByDefault && model.isClaude };
  if (model.thinking === "adaptive") return adaptive(wish, model);
  if (model.thinking === "budget") return budgeted(wish, model, maxTokens);
  return { ...NOTHING_SAID, dropped: ["thinking"] };
}

const NOTHING_SAID: Thinking = { thinking: null, effort: null, isOn: false, dropped: [] };

/** `isNamed`: the client has asked for thinking, and is to know that there is none. */
function turnedOff({ thinking, thinkingOff, thinksByDefault, efforts }: ClaudeModel, isNamed: boolean): Thinking {
  const dropped = isNamed ? ["thinking"] : [];
  if (thinking === "none") return { ...NOTHING_SAID, dropped };
  switch (thinkingOff) {
    case "disabled":
      return { ...NOTHING_SAID, thinking: thinksByDefault ? { type: "disabled" } : null, dropped };
    case "between_tools":
      return { ...NOTHING_SAID, thinking: { type: "between_tools" }, isOn: true, dropped };
    case "never":
      // The least that it can be told; that it thinks all the same is named.
      return { thinking: null, effort: nearestEffort("low", efforts), isOn: true, dropped: ["thinking"] };
  }
}

function adaptive({ thinking, effort, showThinking }: Wish, { efforts, hidesThinking }: ClaudeModel): Thinking {
  const asked = effort ?? (thinking?.type === "enabled" ? effortOfBudget(thinking.budget_tokens) : null);
  const display = hidesThinking && showThinking ? { display: "summarized" } : null;
  return {
    thinking: { type: "adaptive", ...display },
    effort: asked && nearestEffort(asked, efforts),
    isOn: true,
    dropped: [],
  };
}

/**
 * A budget counts towards the limit of the answer, so a quarter of that is left for what is said. A limit that has no room for the
 * least budget leaves no thinking.
 */
function budgeted({ thinking, effort }: Wish, { efforts }: ClaudeModel, maxTokens: number): Thinking {
  const asked = thinking?.type === "enabled" ? thinking.budget_tokens : budgetOfEffort(effort ?? "high");
  const budget_tokens = Math.min(Math.max(asked, LEAST_BUDGET), maxTokens - Math.ceil(maxTokens / 4));
  if (budget_tokens < LEAST_BUDGET) return { ...NOTHING_SAID, dropped: ["thinking"] };
  return {
    thinking: { type: "enabled", budget_tokens },
    effort: effort && nearestEffort(effort, efforts),
    isOn: true,
    dropped: [],
  };
}
