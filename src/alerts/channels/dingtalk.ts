/**
 * DingTalk's custom robots (open.dingtalk.com/document/robots/custom-robot-access). The signature is an HMAC-SHA-256 of
 * "timestamp\nsecret" under the secret, in the query with its time in milliseconds. The answer is a 200 with an `errcode`.
 */
import { object, text } from "../../ground/json.ts";
import { type Channel, cut, jsonRequest, plain } from "./channel.ts";
import { bytesOf, hmacSha256 } from "./hmac.ts";
import { byCode, byStatus } from "./verdict.ts";

/** The system is busy; or there were more than 20 messages in a minute, which blocks the robot for ten minutes. */
const PASSING = [-1, 130101];
const CLOSED_FOR_MS = 10 * 60_000;
const LONGEST = 15_000;

export const dingtalk: Channel = {
  type: "dingtalk",
  fields: [
    { name: "url", kind: "address", secret: true, query: true },
    { name: "secret", kind: "text", secret: true, optional: true },
  ],
  async outgoing(message, { url = "", secret }, now) {
    const to = new URL(url);
    if (secret) {
      to.searchParams.set("timestamp", String(now));
      to.searchParams.set("sign", await hmacSha256(bytesOf(secret), `${now}\n${secret}`));
    }
    // The text is taken literally. A mention would be a member of its own.
    return jsonRequest(to.href, { msgtype: "text", text: { content: cut(plain(message), LONGEST) } });
  },
  verdict(answer) {
    const body = object(answer.body);
    if (typeof body?.errcode !== "number") return byStatus(answer.status === 200 ? { ...answer, status: 502 } : answer);
    return body.errcode === 0 ? { ok: true } : byCode(body.errcode, text(body.errmsg), PASSING, CLOSED_FOR_MS);
  },
};
