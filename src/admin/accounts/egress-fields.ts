/**
 * How an account's requests leave, in the API's words, and the headers that a gateway or a binding requires. Those headers are secrets:
 * only their names are returned.
 */
import * as z from "zod/mini";
import { into, matching, trimmed } from "../../ground/shape.ts";
import { written } from "../../providers/base-url.ts";
import { DIRECT, type Egress } from "../../providers/egress.ts";
import { mayGoToGateway } from "../../providers/extra-headers.ts";
import { checkHeaders } from "./extra-headers.ts";

/** Names of bindings have the form of variable names. */
const bindingName = matching(/^[A-Za-z_]\w{0,63}$/, "must be the name of a binding");

export const egress = into(
  z.discriminatedUnion("via", [
    z.strictObject({ via: z.literal("direct") }),
    z.strictObject({ via: z.literal("gateway"), base_url: trimmed(1, 2_000) }),
    z.strictObject({ via: z.literal("binding"), name: bindingName, token_requests: z._default(z.boolean(), false) }),
  ]),
  (given): Egress => {
    switch (given.via) {
      case "direct":
        return DIRECT;
      case "gateway":
        return { via: "gateway", baseUrl: written(given.base_url) };
      case "binding":
        return { via: "binding", name: given.name, tokenRequests: given.token_requests };
    }
  },
);

export type EgressView =
  | { via: "direct" }
  | { via: "gateway"; base_url: string }
  | { via: "binding"; name: string; token_requests: boolean };

export function egressView(given: Egress): EgressView {
  switch (given.via) {
    case "direct":
      return { via: "direct" };
    case "gateway":
      return { via: "gateway", base_url: given.baseUrl };
    case "binding":
      return { via: "binding", name: given.name, token_requests: given.tokenRequests };
  }
}

export const egressHeaderFields = checkHeaders((name) =>
  mayGoToGateway(name) ? null : "is a header of the request itself, or one that the relay withholds",
);
