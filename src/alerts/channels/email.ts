/** An email through the Worker's binding `ALERT_EMAIL` (developers.cloudflare.com/email-routing/email-workers/send-email-workers). */
import { type Channel, plain } from "./channel.ts";
import { byStatus } from "./verdict.ts";

const ADDRESS = /^[^\s@<>"(),:;[\]\\]{1,64}@[^\s@<>"(),:;[\]\\]{1,190}$/;

export const email: Channel = {
  type: "email",
  fields: [
    { name: "from", kind: "text", secret: false, pattern: ADDRESS },
    { name: "to", kind: "text", secret: false, pattern: ADDRESS },
  ],
  outgoing(message, { from = "", to = "" }) {
    return { via: "email", from, to, subject: message.title, text: plain(message) };
  },
  verdict: (answer) => byStatus(answer),
};
