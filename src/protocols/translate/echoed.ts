/**
 * A lane for Chat conversations that another provider has answered in part. A client echoes what it was given, thinking and its
 * signatures too, and OpenAI refuses members that it does not know. Then the same request goes through the hub, which leaves out
 * what is not this upstream's, and puts in what DeepSeek misses. Others want those members back, so none is left out before one is
 * refused.
 */
import type { Lane, OpenLane } from "./lane.ts";

/** What answers of from-chat/ have beside OpenAI's own members, and what a service that knows those finds wrong in them. */
const ECHOED = /\b(?:reasoning_content|reasoning_details|extra_content|signature)\b/;

/** `lane`, and where its upstream refuses what was echoed, `hub`. */
export function withoutEchoes(lane: Lane, hub: Lane): Lane {
  return {
    ...lane,
    open: (request, upstream) => {
      const opened = lane.open(request, upstream);
      if (!opened.ok) return opened;
      return { ok: true, value: echoing(opened.value, () => hub.open(request, upstream)) };
    },
  };
}

/** What was echoed may be refused of any form of the request. */
function echoing(lane: OpenLane, translated: () => ReturnType<Lane["open"]>): OpenLane {
  return {
    ...lane,
    instead: (error) => {
      if (ECHOED.test(error)) {
        const without = translated();
        return without.ok ? { lane: without.value, lacks: null } : null;
      }
      const other = lane.instead(error);
      return other && { ...other, lane: echoing(other.lane, translated) };
    },
  };
}
