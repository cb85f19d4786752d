/** Telegram's Bot API, `sendMessage` (core.telegram.org/bots/api): `ok` is the result, `parameters.retry_after` the wait. */
import { object, text } from "../../ground/json.ts";
import { type Channel, cut, jsonRequest } from "./channel.ts";
import { byStatus } from "./verdict.ts";

const LONGEST = 3_500;

export const telegram: Channel = {
  type: "telegram",
  fields: [
    { name: "bot_token", kind: "text", secret: true, pattern: /^\d{3,20}:[\w-]{20,100}$/ },
    { name: "chat_id", kind: "text", secret: false, pattern: /^(?:-?\d{1,20}|@\w{3,64})$/ },
    { name: "thread_id", kind: "text", secret: false, optional: true, pattern: /^\d{1,20}$/ },
    { name: "server", kind: "address", secret: false, preset: "https://api.telegram.org" },
  ],
  outgoing({ title, lines }, { server = "", bot_token = "", chat_id, thread_id }) {
    const words = lines.map((line) => escaped(cut(line, LONGEST / lines.length))).join("\n");
    return jsonRequest(`${server}/bot${bot_token}/sendMessage`, {
      chat_id,
      ...(thread_id && { message_thread_id: Number(thread_id) }),
      text: `<b>${escaped(title)}</b>\n${words}`,
      parse_mode: "HTML",
      link_preview_options: { is_disabled: true },
    });
  },
  verdict(answer) {
    const body = object(answer.body);
    if (answer.status === 200 && body?.ok === true) return { ok: true };
    const wait = object(body?.parameters)?.retry_after;
    const retryAfter = typeof wait === "number" ? String(wait) : answer.retryAfter;
    const refused = typeof body?.error_code === "number" ? body.error_code : answer.status;
    // A 200 that is not Telegram's comes from something else at its address.
    const status = refused === 200 ? 502 : refused;
    return byStatus({ ...answer, status, retryAfter }, text(body?.description));
  },
};

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
