/**
 * How much a model is to think: the words of one format, the budget in tokens of another, and what each of OpenAI's models takes
 * of the words. Budgets are those that other relays have settled on, so that a client sees no difference when it changes relays.
 */
import { EFFORTS, type Effort, type HubRequest } from "./hub.ts";

/** The most tokens that a model thinks at an effort. */
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

/** The least effort that may use up the budget. `max` is never meant by a number: it costs four times as much as the next. */
export function effortOfBudget(tokens: number): Effort {
  return EFFORTS.find((effort) => tokens <= BUDGETS[effort] && effort !== "max") ?? "xhigh";
}

/** What a request asks for, in words; null where it asks for nothing, and the model's own default is meant. */
export function effortAsked({ thinking, effort }: Pick<HubRequest, "thinking" | "effort">): Effort | null {
  if (thinking?.type === "disabled") return "none";
  if (effort) return effort;
  if (thinking?.type === "enabled") return effortOfBudget(thinking.budget_tokens);
  // The default of Claude's own models.
  return thinking ? "high" : null;
}

/**
 * The effort of a model's list that is nearest to the one asked for; of two, the one that costs less. Whoever asks for thinking is
 * not given none while there is any other. Null where the list is empty: the model takes no word for it.
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

/** The next to try where a model refuses one and does not say what it has; null where there is nothing left. */
export function stepDown(effort: Effort): Effort | null {
  // What is newest is refused first, at both ends of the list; every model that takes a word takes `low`.
  if (effort === "none" || effort === "minimal") return "low";
  return effort === "low" ? null : (EFFORTS[EFFORTS.indexOf(effort) - 1] ?? null);
}

const CLASSIC = ["low", "medium", "high"] as const;

/**
 * What OpenAI's models take, as their pages have it and as requests to all of them have shown (big-AGI#1159). The first line that
 * matches counts. Another vendor's model that has one of these names is taken for what it is called.
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

/** The efforts that a model takes: an empty list for one that does not think, null for one that nothing is known of. */
export function effortsOf(model: string): readonly Effort[] | null {
  const name = model.slice(model.lastIndexOf("/") + 1).toLowerCase();
  return LISTS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
