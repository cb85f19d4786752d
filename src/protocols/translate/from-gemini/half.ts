/** A client of Google's generateContent, such as Gemini CLI in both of its modes, on an upstream of another format. */
import { Findings } from "../findings.ts";
import type { ClientHalf } from "../halves.ts";
import { answerWriter } from "./answer.ts";
import { readRequest } from "./request.ts";

export const FROM_GEMINI: ClientHalf = {
  read: (body, asked) => {
    const findings = new Findings();
    const hub = readRequest(body, asked, findings);
    const { id, model, asArray, enveloped } = asked;
    const answer = answerWriter({ id, model, asArray, enveloped, showsThoughts: hub.showThinking });
    return findings.result({ hub, dropped: findings.dropped, answer });
  },
};
