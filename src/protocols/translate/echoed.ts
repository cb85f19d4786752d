/**
 * A lane for Chat conversations of which another provider has answered a part. A client echoes what it was given, with thinking and
 * signatures, and OpenAI refuses members that it does not know. After such a refusal the same request goes through the hub, which
 * leaves out what did not come from this upstream, and adds what DeepSeek requires. Other services want those members back, so none
 * is left out before one is refused.
 */
import type { Lane, OpenLane } from "./lane.ts";

/** Members that answers of from-chat/ have beyond OpenAI's own, and that services which know them complain about by name. */
const ECHOED = /\b(?:reasoning_content|reasoning_details|extra_content|signature)\b/;

/** `lane`; and `hub` if the upstream refuses what was echoed. */
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

/** The echoed members may be refused in any form of the request. */
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
