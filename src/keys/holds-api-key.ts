/**
 * Finds relay keys in what is about to go upstream or into the log, where a client has put one by mistake. The relay's own keys are
 * recognised by their form. A key that was imported from another relay may have any form, so it is recognised as the credential of the same
 * request.
 */

const API_KEY = /cr_[0-9a-f]{64}/i;
const CREDENTIALS = /authorization|api-?key|cookie/;
/** A shorter credential is no key, and could occur in any text. */
export const SHORTEST_KEY = 20;

/** Whether a header (name in lower case) says as whom a request is authenticated. */
export function isCredential(name: string): boolean {
  return CREDENTIALS.test(name);
}

/** The credentials that a request sends in its headers and in its query, without their scheme. */
export function credentialsIn({ headers, url }: Pick<Request, "headers" | "url">): string[] {
  const credentials = url.includes("?") ? [new URL(url).searchParams.get("key")?.trim() ?? ""] : [];
  for (const [name, value] of headers) {
    if (isCredential(name)) credentials.push(value.slice(value.lastIndexOf(" ") + 1));
  }
  return credentials.filter((credential) => credential.length >= SHORTEST_KEY);
}

/** Whether a text holds what may be a relay key, or one of these credentials. */
export function holdsApiKey(text: string, credentials: readonly string[]): boolean {
  return API_KEY.test(text) || credentials.some((credential) => text.includes(credential));
}
