/**
 * How much a model should think: the words of one format, the budget in tokens of another, and which words each of OpenAI's models
 * accepts. The budgets are those that other relays use, so that a client sees no difference when it changes relays.
 */
import { EFFORTS, type Effort, type HubRequest } from "./hub.ts";

/** The most tokens that a model thinks at each effort. */
const BUDGETS: Record<Effort, number> = {
  none: 0,
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 128_000,
};

export function budgetOfEffort(effort: Effort): number {
  return BUDGETS[effort];
}

/** The least effort that can use up the budget. A number never means `max`, which costs four times as much as the next effort. */
export function effortOfBudget(tokens: number): Effort {
  return EFFORTS.find((effort) => tokens <= BUDGETS[effort] && effort !== "max") ?? "xhigh";
}

/** The effort that a request asks for, as a word; null if it asks for nothing, and so means the model's own default. */
export function effortAsked({ thinking, effort }: Pick<HubRequest, "thinking" | "effort">): Effort | null {
  if (thinking?.type === "disabled") return "none";
  if (effort) return effort;
  if (thinking?.type === "enabled") return effortOfBudget(thinking.budget_tokens);
  // The default of Claude's own models.
  return thinking ? "high" : null;
}

/**
 * The effort in a model's list that is nearest to the requested one; of two equally near ones, the cheaper. A client that asks for
 * thinking does not get `none` while the list has anything else. Null if the list is empty: the model accepts no effort.
 */
export function nearestEffort(asked: Effort, list: readonly Effort[]): Effort | null {
  if (list.includes(asked)) return asked;
  const wanted = EFFORTS.indexOf(asked);
  const thinks = list.filter((effort) => effort !== "none");
  const inOrder = EFFORTS.filter((effort) => (thinks.length > 0 ? thinks : list).includes(effort));
  const distance = (effort: Effort) => Math.abs(EFFORTS.indexOf(effort) - wanted);
  return inOrder.reduce<Effort | null>(
    (best, effort) => (best === null || distance(effort) < distance(best) ? effort : best),
    null,
  );
}

/** The next effort to try after a model refused one without naming those that it has; null if there is none left. */
export function stepDown(effort: Effort): Effort | null {
  // The newest efforts, at both ends of the list, are the ones that get refused. Every model that takes an effort takes `low`.
  if (effort === "none" || effort === "minimal") return "low";
  return effort === "low" ? null : (EFFORTS[EFFORTS.indexOf(effort) - 1] ?? null);
}

const CLASSIC = ["low", "medium", "high"] as const;

/**
 * The efforts that OpenAI's models accept, according to their pages and to requests to all of them (big-AGI#1159). The first
 * matching line counts. Another vendor's model with one of these names is treated as the model of that name.
 */
const LISTS: readonly [RegExp, readonly Effort[]][] = [
  [/^(?:gpt-[34]|chatgpt-)/, []],
  [/^(?:o\d|gpt-oss|codex-)/, CLASSIC],
  [/^gpt-5[\d.]*-chat/, ["medium"]],
  [/^gpt-5-pro/, ["high"]],
  [/^gpt-5\.\d+-pro/, ["medium", "high", "xhigh"]],
  [/^gpt-5(?:\.1)?-codex(?!-max)/, CLASSIC],
  [/^gpt-5[\d.]*-codex/, [...CLASSIC, "xhigh"]],
  [/^gpt-5(?![.\d])/, ["minimal", ...CLASSIC]],
  [/^gpt-5\.1(?!\d)/, ["none", ...CLASSIC]],
  [/^gpt-5\.[2-5](?!\d)/, ["none", ...CLASSIC, "xhigh"]],
  // litellm-docs#1173
  [/^gpt-6-astra/, [...CLASSIC, "xhigh", "max"]],
  [/^gpt-(?:5\.|[6-9]|\d\d)/, ["none", ...CLASSIC, "xhigh", "max"]],
];

/** The efforts that a model accepts: an empty list for a model that does not think, null for an unknown one. */
export function effortsOf(model: string): readonly Effort[] | null {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return LISTS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
