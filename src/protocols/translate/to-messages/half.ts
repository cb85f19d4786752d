/** An upstream of Anthropic's Messages API, or one that speaks like it, for clients of any other format. */

import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import { HEADERS } from "../../anthropic/check.ts";
import { Findings } from "../findings.ts";
import type { Endpoint, LaneUpstream, UpstreamHalf, WrittenRequest } from "../halves.ts";
import type { HubRequest } from "../hub.ts";
import { Names } from "../names.ts";
import { answerReader, tokensIn } from "./answer.ts";
import { amended } from "./instead.ts";
import { claudeModel } from "./models.ts";
import { bodyOf, type Form } from "./request.ts";

export const TO_MESSAGES: UpstreamHalf = {
  write: (hub, upstream) => written(hub, upstream, formFor(upstream)),
  count: (hub, upstream) => {
    const findings = new Findings();
    const whole = bodyOf(hub, upstream.model, formFor(upstream), new Names(LONGEST_NAME), findings);
    const body = Object.fromEntries(Object.entries(whole).filter(([member]) => COUNTED.has(member)));
    return findings.result({ endpoint: endpointOf("/v1/messages/count_tokens"), body, tokensIn });
  },
};

const LONGEST_NAME = 64;

/** The members that the token counter accepts. It refuses all others. */
const COUNTED = new Set(["model", "messages", "system", "tools", "tool_choice", "thinking", "output_config"]);

function endpointOf(path: string): Endpoint {
  return { path, search: "", headers: HEADERS };
}

function formFor({ model, quirks }: LaneUpstream): Form {
  return { model: claudeModel(model), stripsThinking: false, definesTools: false, without: quirks.without };
}

function written(hub: HubRequest, upstream: LaneUpstream, form: Form): Result<WrittenRequest, Refusal> {
  const findings = new Findings();
  const names = new Names(LONGEST_NAME);
  const body = bodyOf(hub, upstream.model, form, names, findings);
  return findings.result({
    endpoint: endpointOf("/v1/messages"),
    body,
    dropped: findings.dropped,
    answer: answerReader(names),
    instead: (error: string) => {
      const other = amended(form, error);
      const request = other && written(hub, upstream, other.form);
      if (!other || !request?.ok) return null;
      // If it was not in the request, the error is about something else.
      const { lacks } = other;
      return lacks === null || request.value.dropped.includes(lacks) ? { request: request.value, lacks } : null;
    },
  });
}
