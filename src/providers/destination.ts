/**
 * Where an account's keys may be sent. A sealed key is bound to this, besides its row. Pure: reads addresses, and does not decide
 * whether the relay may talk to them.
 */
import type { Egress } from "./egress.ts";

/** Where the requests of an account go, and through what. */
export interface Way {
  baseUrl: string;
  /** Missing from a sign-in that an older version has stored, which knew only direct requests. */
  egress?: Egress;
}

/** Hosts whose paths belong to different customers, so that the path decides who gets the key. */
const SHARED_HOSTS: ReadonlySet<string> = new Set(["gateway.ai.cloudflare.com"]);

/**
 * The origin of a base URL, with its path if the path decides who receives the key. After a space follows the gateway or binding in
 * between, if any, because it sees the key too. Throws on text that is no URL.
 */
export function destinationOf({ baseUrl, egress }: Way): string {
  const provider = hostOf(baseUrl);
  switch (egress?.via) {
    case "gateway":
      return `${provider} through ${hostOf(egress.baseUrl)}`;
    case "binding":
      return `${provider} through binding ${egress.name}${egress.tokenRequests ? " with token requests" : ""}`;
    case "direct":
    case undefined:
      return provider;
  }
}

function hostOf(baseUrl: string): string {
  const { origin, hostname, pathname } = new URL(baseUrl);
  return SHARED_HOSTS.has(hostname) ? `${origin}${pathname.replace(/\/+$/, "")}` : origin;
}
