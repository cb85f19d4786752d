/** How much the model should think, whether it tells what it thinks, and which parameters it refuses because it thinks. */
import { effortAsked, effortsOf, nearestEffort, stepDown } from "../effort.ts";
import { Gaps } from "../gaps.ts";
import type { LaneUpstream } from "../halves.ts";
import { EFFORTS, type Effort, type HubRequest } from "../hub.ts";

export interface Thinking {
  effort: Effort | null;
  /** Whether a summary of it is asked for. */
  summary: boolean;
  /** Whether the thinking comes back encrypted, to be sent again. */
  encrypted: boolean;
  /** What the client gets of the answer's thinking: its words, or only what has to be sent again. */
  answered: "words" | "signature" | null;
  /** Whether sampling parameters are refused. */
  refusesSampling: boolean;
  dropped: string[];
}

/** OpenAI runs no search for a model that thinks this little. */
const NOT_WITH_SEARCH: Effort = "minimal";

/** `without`: what this upstream refuses. A value of `reasoning.effort` may be among it, or all but some (gaps.ts). */
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
    // An unknown model may refuse to be asked for it.
    encrypted: isWanted && (list !== null || (thinks && official)),
    answered,
    refusesSampling: list !== null && effort !== "none",
    dropped: [],
  };
}

const EFFORT = "reasoning.effort";

/** What is remembered of a model: that it has only the listed efforts, or that it does not have this one. */
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
  // A model of which nothing is known does not think by default.
  let effort: Effort | null = asked === "none" ? null : asked;
  while (effort && gaps.has(EFFORT, effort)) effort = stepDown(effort);
  return effort;
}
