/**
 * The operator's own webhook, after https://www.standardwebhooks.com: `webhook-id` is the alert's id and stays the same over all tries,
 * and `webhook-signature` is `v1,` and the HMAC-SHA-256 of "id.timestamp.body" in base64.
 */
import type { Channel } from "./channel.ts";
import { plain } from "./channel.ts";
import { bytesOf, hmacSha256 } from "./hmac.ts";
import { byStatus } from "./verdict.ts";

/** The specification writes a secret as this prefix and its bytes in base64. Any other secret is taken literally. */
const PREFIX = "whsec_";

export const webhook: Channel = {
  type: "webhook",
  fields: [
    { name: "url", kind: "address", secret: true, query: true },
    { name: "secret", kind: "text", secret: true, pattern: /^\S{16,200}$/ },
  ],
  async outgoing({ alert, level, title, lines, attempt }, { url = "", secret = "" }, now) {
    const { id, type, subject, phase, time, params } = alert;
    const body = JSON.stringify({
      ...{ id, type, subject, phase, level, time: new Date(time).toISOString() },
      ...{ title, text: plain({ title, lines }), data: params, attempt },
    });
    const timestamp = Math.floor(now / 1_000);
    const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), "base64") : bytesOf(secret);
    return {
      ...{ via: "http", url, body },
      headers: {
        "content-type": "application/json; charset=utf-8",
        "webhook-id": id,
        "webhook-timestamp": String(timestamp),
        "webhook-signature": `v1,${await hmacSha256(key, `${id}.${timestamp}.${body}`)}`,
      },
    };
  },
  verdict: byStatus,
};
