/** The stored form of base URLs, for the kinds of accounts. Does not decide whether the relay may talk to one. */
import type { BaseUrls, GivenCredential } from "./kind.ts";

/**
 * Base URLs to which the provider's paths are appended. `pasted` matches what people paste after them, following the documentation
 * of clients.
 */
export function baseUrls(official: string | null, pasted: RegExp): BaseUrls {
  return { official, normalise: (text) => withoutTail(text, pasted), isExact: () => false };
}

/**
 * Base URLs of a cloud, which follow from the region that comes with a credential. `ofARegion` matches those. An account with another
 * base URL (a private endpoint, a gateway) keeps it.
 */
export function regionalBaseUrls(
  addressOf: (given: GivenCredential) => string | null,
  ofARegion: RegExp,
  pasted: RegExp,
): BaseUrls {
  return {
    ...baseUrls(null, pasted),
    ofCredentials: (given, current) =>
      current === null || ofARegion.test(current)
        ? given.map(addressOf).find((address) => address !== null)
        : undefined,
  };
}

/** `https://api.anthropic.com/v1/` → `https://api.anthropic.com`. Text that is no URL comes back trimmed. */
export function withoutTail(text: string, tail: RegExp): string {
  const url = written(text);
  return URL.canParse(url) ? withoutSlashes(url.replace(tail, "")) : url;
}

/** A URL as the parser writes it. This also reveals host names such as 0x7f.1, 2130706433, percent-encoded and full-width ones. */
export function written(text: string): string {
  const trimmed = text.trim();
  return URL.canParse(trimmed) ? withoutSlashes(new URL(trimmed).href) : trimmed;
}

function withoutSlashes(url: string): string {
  return url.replace(/\/+$/, "");
}
