/**
 * Finds relay keys inside longer texts, for whatever is about to go upstream.
 */

const API_KEY = /cr_[0-9a-f]{64}/i;

/** Whether a text holds what may be a relay key. */
export function holdsApiKey(text: string): boolean {
  return API_KEY.test(text);
}
