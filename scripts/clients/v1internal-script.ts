/**
 * The upstream's part of the loop at Google's `v1internal`: Gemini's API, with requests and answers in an envelope. A request without an
 * envelope, or without a project, is refused.
 */
import type { Behaviour, Received } from "../../test/front/fake-upstream.ts";
import { fieldsOf, parseFields } from "../demo/fields.ts";
import { geminiScript } from "./gemini-script.ts";
import type { Script } from "./loop.ts";

const METHOD = /^\/v1internal:(\w+)(\?.*)?$/;

export const v1internalScript: Pick<Script, "answer"> = {
  answer: (received, loop) => {
    const [, method = "", query = ""] = METHOD.exec(received.url) ?? [];
    const { model, project, request } = parseFields(received.body.toString()) ?? {};
    const inner = fieldsOf(request);
    const isCount = method === "countTokens";
    const name = String(isCount ? inner.model : model).replace(/^models\//, "");
    if (method === "" || request === undefined || (!isCount && typeof project !== "string")) return REFUSED;
    const { session_id: _, sessionId: __, model: ___, ...body } = inner;
    const bare: Received = {
      ...received,
      url: `/v1beta/models/${name}:${method}${query}`,
      body: Buffer.from(JSON.stringify(body)),
    };
    const answer = geminiScript.answer(bare, loop);
    return isCount || (answer.status ?? 200) >= 300 ? answer : { ...answer, chunks: answer.chunks.map(enveloped) };
  },
};

const REFUSED: Behaviour = {
  status: 400,
  headers: { "content-type": "application/json" },
  chunks: ['{"error":{"code":400,"message":"It is in no envelope, or in no project.","status":"INVALID_ARGUMENT"}}'],
};

/** A whole answer, or an event of one. */
function enveloped(chunk: string | Uint8Array): string {
  return String(chunk).replace(/^(data: )?(\{.*\})(\s*)$/s, '$1{"response":$2,"traceId":"trace-1"}$3');
}
