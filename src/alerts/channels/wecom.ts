/** WeCom's group robots (developer.work.weixin.qq.com/document/path/91770): a 200 with an `errcode`; 20 messages a minute. */
import { object, text } from "../../ground/json.ts";
import { type Channel, cut, jsonRequest, plain, unmentioning } from "./channel.ts";
import { byCode, byStatus } from "./verdict.ts";

/** The system is busy; or the interface was called too often. */
const PASSING = [-1, 45009];
/** The limit of a text, in bytes of UTF-8. */
const LONGEST = 2_048;

export const wecom: Channel = {
  type: "wecom",
  fields: [{ name: "url", kind: "address", secret: true, query: true }],
  outgoing(message, { url = "" }) {
    return jsonRequest(url, { msgtype: "text", text: { content: cut(unmentioning(plain(message)), LONGEST) } });
  },
  verdict(answer) {
    const body = object(answer.body);
    if (typeof body?.errcode !== "number") return byStatus(answer.status === 200 ? { ...answer, status: 502 } : answer);
    return body.errcode === 0 ? { ok: true } : byCode(body.errcode, text(body.errmsg), PASSING, 60_000);
  },
};
