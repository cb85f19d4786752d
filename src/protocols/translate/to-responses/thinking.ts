/** How much the model is to think, whether it says what, and which parameters it refuses because it thinks. */
import { effortAsked, effortsOf, nearestEffort, stepDown } from "../effort.ts";
import { Gaps } from "../gaps.ts";
import type { LaneUpstream } from "../halves.ts";
import { EFFORTS, type Effort, type HubRequest } from "../hub.ts";

export interface Thinking {
  effort: Effort | null;
  /** A summary of it is asked for. */
  summary: boolean;
  /** What it thinks comes back encrypted, to be sent again. */
  encrypted: boolean;
  /** The client gets the thinking of the answer: its words, or no more than what is to be sent again. */
  answered: "words" | "signature" | null;
  /** Sampling parameters are refused. */
  refusesSampling: boolean;
  dropped: string[];
}

/** OpenAI runs no search for a model that thinks so little. */
const NOT_WITH_SEARCH: Effort = "minimal";

/** `without`: what this upstream refuses, a value of `reasoning.effort` or all but some among it (gaps.ts). */
export function thinkingOf(
  hub: HubRequest,
  { model, official, quirks }: LaneUpstream,
  without: readonly string[],
  searches: boolean,
): Thinking {
  const gaps = new Gaps(without);
  const known = effortsTaken(gaps) ?? quirks.efforts ?? effortsOf(model);
  const list = searches && known ? known.filter((effort) => effort !== NOT_WITH_SEARCH) : known;
  const isWanted = hub.showThinking || hub.thinking?.type === "enabled" || hub.thinking?.type === "adaptive";
  const answered = isWanted ? (hub.showThinking ? "words" : "signature") : null;
  const asked = effortAsked(hub);
  if (list?.length === 0) {
    const dropped = asked !== null && asked !== "none" ? ["thinking"] : [];
    return { effort: null, summary: false, encrypted: false, answered, refusesSampling: false, dropped };
  }
  const effort = asked && effortFor(asked, list, gaps);
  const thinks = list !== null || (effort !== null && effort !== "none");
  return {
    effort,
    summary: thinks && hub.showThinking && effort !== "none",
    // A model of which nothing is known may be one that refuses to be asked for it.
    encrypted: isWanted && (list !== null || (thinks && official)),
    answered,
    refusesSampling: list !== null && effort !== "none",
    dropped: [],
  };
}

const EFFORT = "reasoning.effort";

/** What is remembered of a model that has none but these efforts, or has not this one. */
export function effortGap(refused: Effort, listed: readonly Effort[]): string {
  return listed.length > 0 ? `${EFFORT} in ${listed.join(",")}` : `${EFFORT}=${refused}`;
}

function effortsTaken(gaps: Gaps): Effort[] | null {
  const listed = gaps.list(EFFORT);
  return listed && EFFORTS.filter((effort) => listed.includes(effort));
}

function effortFor(asked: Effort, list: readonly Effort[] | null, gaps: Gaps): Effort | null {
  if (list)
    return nearestEffort(
      asked,
      list.filter((effort) => !gaps.has(EFFORT, effort)),
    );
  // Not to think is what a model of which nothing is known does by itself.
  let effort: Effort | null = asked === "none" ? null : asked;
  while (effort && gaps.has(EFFORT, effort)) effort = stepDown(effort);
  return effort;
}
