/** ntfy (docs.ntfy.sh/publish, "Publish as JSON"): answers 200 with the stored message, or `{code, http, error}`. */
import { object, text } from "../../ground/json.ts";
import { type Channel, cut, jsonRequest } from "./channel.ts";
import { byStatus } from "./verdict.ts";

const PRIORITIES = { urgent: 5, warning: 4, info: 3 };
/** A longer message becomes a file. */
const LONGEST = 4_000;

export const ntfy: Channel = {
  type: "ntfy",
  fields: [
    { name: "topic", kind: "text", secret: true, pattern: /^[\w-]{1,64}$/ },
    { name: "token", kind: "text", secret: true, optional: true },
    { name: "server", kind: "address", secret: false, preset: "https://ntfy.sh" },
  ],
  outgoing({ alert, level, title, lines }, { server = "", topic, token }) {
    const tags = [
      alert.phase === "recovered" ? "white_check_mark" : level === "info" ? "information_source" : "warning",
    ];
    return jsonRequest(
      `${server}/`,
      { topic, title, message: cut(lines.join("\n") || title, LONGEST), priority: PRIORITIES[level], tags },
      token ? { authorization: `Bearer ${token}` } : {},
    );
  },
  verdict: (answer) => byStatus(answer, text(object(answer.body)?.error)),
};
