/** A client of the Messages API, such as Claude Code, on an upstream of any other format. */

import { Findings } from "../findings.ts";
import type { ClientHalf } from "../halves.ts";
import { answerWriter } from "./answer.ts";
import { requestIn } from "./request.ts";

export const FROM_MESSAGES: ClientHalf = {
  read: (body, asked) => {
    const findings = new Findings();
    const hub = requestIn(body, asked, findings);
    const { id, model, inputTokens } = asked;
    const thinks = hub.thinking !== null && hub.thinking.type !== "disabled";
    return findings.result({
      hub,
      dropped: findings.dropped,
      answer: answerWriter({ id, model, inputTokens, thinks }),
    });
  },
};
