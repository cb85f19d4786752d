/**
 * Where an account's keys may be sent: what a sealed key is bound to, besides its row. Pure; reads a base URL and
 * decides nothing about whether the relay may talk to it.
 */

/** Hosts whose paths belong to different customers: there the path says who gets the key. */
const SHARED_HOSTS: ReadonlySet<string> = new Set(["gateway.ai.cloudflare.com"]);

/** The origin of a base URL, with the path where it is part of whom one talks to. Throws on text that is no URL. */
export function destinationOf(baseUrl: string): string {
  const { origin, hostname, pathname } = new URL(baseUrl);
  return SHARED_HOSTS.has(hostname) ? `${origin}${pathname.replace(/\/+$/, "")}` : origin;
}
