/**
 * Where an account's keys may be sent: what a sealed key is bound to, besides its row. Pure; reads a base URL and
 * decides nothing about whether the relay may talk to it.
 */
import type { Platform } from "../vocabulary.ts";

/** The base URL of each platform's own API. */
export const OFFICIAL_BASE_URLS = {
  anthropic: "https://api.anthropic.com",
  openai: "https://api.openai.com/v1",
  gemini: "https://generativelanguage.googleapis.com",
  droid: "https://api.factory.ai/api/llm",
} as const satisfies Partial<Record<Platform, string>>;

/** Hosts whose paths belong to different customers: there the path says who gets the key. */
const SHARED_HOSTS: ReadonlySet<string> = new Set(["gateway.ai.cloudflare.com"]);

/** The origin of a base URL, with the path where it is part of whom one talks to. Throws on text that is no URL. */
export function destinationOf(baseUrl: string): string {
  const { origin, hostname, pathname } = new URL(baseUrl);
  return SHARED_HOSTS.has(hostname) ? `${origin}${pathname.replace(/\/+$/, "")}` : origin;
}

/** Whether the base URL lies at the platform's own API. */
export function isOfficial(platform: Platform, baseUrl: string): boolean {
  const official = Object.entries(OFFICIAL_BASE_URLS).find(([known]) => known === platform)?.[1];
  return official !== undefined && destinationOf(official) === destinationOf(baseUrl);
}
