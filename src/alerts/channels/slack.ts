/** Slack's incoming webhooks (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks): 200 and `ok`, or the reason. */
import { type Channel, jsonRequest } from "./channel.ts";
import { byStatus } from "./verdict.ts";

const LONGEST = 3_000;

export const slack: Channel = {
  type: "slack",
  fields: [{ name: "url", kind: "address", secret: true }],
  outgoing({ title, lines }, { url = "" }) {
    const text = [`*${escaped(title)}*`, ...lines.map(escaped)].join("\n");
    return jsonRequest(url, { text: text.slice(0, LONGEST), unfurl_links: false });
  },
  verdict: (answer) => byStatus(answer),
};

/** Escapes the three characters with which Slack marks mentions and other markup. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
