/** Bark (github.com/Finb/bark-server, docs/API_V2.md): `POST /push`, and a `code` in the answer that repeats the status. */
import { object, text } from "../../ground/json.ts";
import { type Channel, cut, jsonRequest } from "./channel.ts";
import { byStatus } from "./verdict.ts";

const LEVELS = { urgent: "timeSensitive", warning: "active", info: "passive" };
/** Apple accepts 4 kB in all. */
const LONGEST = 2_500;

export const bark: Channel = {
  type: "bark",
  fields: [
    { name: "device_key", kind: "text", secret: true, pattern: /^[\w-]{5,100}$/ },
    { name: "server", kind: "address", secret: false, preset: "https://api.day.app" },
  ],
  outgoing({ level, title, lines }, { server = "", device_key }) {
    return jsonRequest(`${server}/push`, {
      ...{ device_key, title: cut(title, 300), body: cut(lines.join("\n") || title, LONGEST) },
      ...{ group: "edge-relay", level: LEVELS[level] },
    });
  },
  verdict(answer) {
    const body = object(answer.body);
    const code = typeof body?.code === "number" ? body.code : answer.status === 200 ? 502 : answer.status;
    return byStatus({ ...answer, status: code }, text(body?.message));
  },
};
