/** Discord's webhooks (discord.com/developers/docs/resources/webhook): 200 or 204; a 429 says `retry_after` in seconds. */
import { object } from "../../ground/json.ts";
import { type Channel, jsonRequest } from "./channel.ts";
import { byStatus } from "./verdict.ts";

const COLOURS = { urgent: 0xd93025, warning: 0xf29900, info: 0x1a73e8 };
const RECOVERED = 0x188038;
const LONGEST_TITLE = 256;
const LONGEST = 4_000;

export const discord: Channel = {
  type: "discord",
  fields: [{ name: "url", kind: "address", secret: true, query: true }],
  outgoing({ alert, level, title, lines }, { url = "" }) {
    return jsonRequest(url, {
      embeds: [
        {
          title: escaped(title).slice(0, LONGEST_TITLE),
          description: lines.map(escaped).join("\n").slice(0, LONGEST),
          color: alert.phase === "recovered" ? RECOVERED : COLOURS[level],
          timestamp: new Date(alert.time).toISOString(),
        },
      ],
      // A name may contain @everyone.
      allowed_mentions: { parse: [] },
    });
  },
  verdict(answer) {
    const wait = object(answer.body)?.retry_after;
    const retryAfter = typeof wait === "number" ? String(wait) : answer.retryAfter;
    return byStatus({ ...answer, retryAfter });
  },
};

/** Escapes a text so that a name becomes neither a link nor bold. */
function escaped(text: string): string {
  return text.replace(/[\\*_~`|>[\]()]/g, "\\$&");
}
