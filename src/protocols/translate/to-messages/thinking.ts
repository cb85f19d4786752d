/** How much a model should think, in its own parameters. */
import { budgetOfEffort, effortOfBudget, nearestEffort } from "../effort.ts";
import type { Effort, HubRequest, Json } from "../hub.ts";
import type { ClaudeModel } from "./models.ts";

export interface Thinking {
  /** The parameter; null if it is left out. */
  thinking: Json | null;
  effort: Effort | null;
  /** Whether the model thinks, as far as that is known. Its parameters and its history then follow stricter rules. */
  isOn: boolean;
  dropped: string[];
}

type Wish = Pick<HubRequest, "thinking" | "effort" | "showThinking">;

/** Anthropic's own limit. */
const LEAST_BUDGET = 1_024;

/** `mayNot`: whether something else in the request does not go together with thinking. */
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

/** `isNamed`: the client has asked for thinking, and should be told that there is none. */
function turnedOff({ thinking, thinkingOff, thinksByDefault, efforts }: ClaudeModel, isNamed: boolean): Thinking {
  const dropped = isNamed ? ["thinking"] : [];
  if (thinking === "none") return { ...NOTHING_SAID, dropped };
  switch (thinkingOff) {
    case "disabled":
      return { ...NOTHING_SAID, thinking: thinksByDefault ? { type: "disabled" } : null, dropped };
    case "between_tools":
      return { ...NOTHING_SAID, thinking: { type: "between_tools" }, isOn: true, dropped };
    case "never":
      // The model gets the lowest effort. That it thinks all the same is named as dropped.
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
 * A budget counts towards the limit of the answer, so a quarter of the limit is left for the text. A limit without room for the least
 * budget allows no thinking.
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
