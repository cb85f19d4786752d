/**
 * Where an account's keys may be sent: what a sealed key is bound to, besides its row. Pure; reads addresses and decides nothing
 * about whether the relay may talk to them.
 */
import type { Egress } from "./egress.ts";

/** Where the requests of an account go, and how they get there. */
export interface Way {
  baseUrl: string;
  /** Missing from a sign-in that an older version has stored: it had no other way than straight ahead. */
  egress?: Egress;
}

/** Hosts whose paths belong to different customers: there the path says who gets the key. */
const SHARED_HOSTS: ReadonlySet<string> = new Set(["gateway.ai.cloudflare.com"]);

/**
 * The origin of a base URL, with the path where it is part of whom one talks to; and behind a space what stands in between, for that sees
 * the key as well. Throws on text that is no URL.
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
