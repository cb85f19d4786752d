/** Clients of the Responses API, Codex above all: what they say into the hub, and what they get out of it. */
import { array } from "../../../ground/json.ts";
import { Findings } from "../findings.ts";
import type { ClientHalf } from "../halves.ts";
import { asksForCompaction, forSummary } from "./compaction.ts";
import { compactedWriter, compactionWriter, keptOf } from "./compaction-answer.ts";
import { frameOf } from "./envelope.ts";
import { requestIn } from "./request.ts";
import { answerWriter } from "./stream.ts";

/** Without it, OpenAI does not say which pages a search has found. */
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
