/** Clients of the Responses API, above all Codex: reads their requests into the hub, and writes their answers. */
import { array } from "../../../ground/json.ts";
import { Findings } from "../findings.ts";
import type { ClientHalf } from "../halves.ts";
import { asksForCompaction, forSummary } from "./compaction.ts";
import { compactedWriter, compactionWriter, keptOf } from "./compaction-answer.ts";
import { frameOf } from "./envelope.ts";
import { requestIn } from "./request.ts";
import { answerWriter } from "./stream.ts";

/** OpenAI lists the pages that a search has found only if this is asked for. */
const SOURCES = "web_search_call.action.sources";

export const FROM_RESPONSES: ClientHalf = {
  read: (body, asked) => {
    const findings = new Findings();
    const { hub, names } = requestIn(body, asked, findings);
    const frame = frameOf(body, asked);
    const { dropped } = findings;
    if (asksForCompaction(body)) {
      return findings.result({ hub: forSummary(hub), dropped, answer: compactionWriter(frame) });
    }
    const sources = array(body.include).includes(SOURCES);
    return findings.result({ hub, dropped, answer: answerWriter(frame, { names, sources }) });
  },
  compact: (body, asked) => {
    const findings = new Findings();
    const { hub } = requestIn(body, asked, findings);
    const answer = compactedWriter(frameOf(body, asked), keptOf(body));
    return findings.result({ hub: forSummary({ ...hub, stream: false }), dropped: findings.dropped, answer });
  },
};
