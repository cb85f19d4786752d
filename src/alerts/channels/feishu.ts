/**
 * Feishu's and Lark's custom bots (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot). The signature is an HMAC-SHA-256 of an
 * empty text, with "timestamp\nsecret" as the key. The answer is a 200 with a `code`.
 */
import { object, text } from "../../ground/json.ts";
import { type Channel, cut, jsonRequest, unmentioning } from "./channel.ts";
import { bytesOf, hmacSha256 } from "./hmac.ts";
import { byCode, byStatus } from "./verdict.ts";

/** Too many messages: 5 a second, 100 a minute. */
const TOO_MANY = [9499, 11232];
const LONGEST = 8_000;

export const feishu: Channel = {
  type: "feishu",
  fields: [
    { name: "url", kind: "address", secret: true },
    { name: "secret", kind: "text", secret: true, optional: true },
  ],
  async outgoing({ title, lines }, { url = "", secret }, now) {
    const timestamp = String(Math.floor(now / 1_000));
    const signed = secret && { timestamp, sign: await hmacSha256(bytesOf(`${timestamp}\n${secret}`), "") };
    // The elements of a post are text, but `<at …>` in them is still a mention.
    const content = lines.map((line) => [{ tag: "text", text: cut(unmentioning(line), LONGEST / lines.length) }]);
    return jsonRequest(url, {
      ...signed,
      msg_type: "post",
      content: { post: { zh_cn: { title: unmentioning(title), content } } },
    });
  },
  verdict(answer) {
    const body = object(answer.body);
    const code = body?.code ?? body?.StatusCode;
    if (typeof code !== "number") return byStatus(answer.status === 200 ? { ...answer, status: 502 } : answer);
    if (code === 0) return { ok: true };
    const why = text(body?.msg) ?? text(body?.StatusMessage);
    const isRate = code === 9499 ? /frequen|limit|too many/i.test(why ?? "") : true;
    return byCode(code, why, isRate ? TOO_MANY : [], 60_000);
  },
};
