/**
 * The sentences of a page, separate from those of the console: a person who reads one language and opens one page fetches no others.
 * English if the other language cannot be fetched.
 */
import { locale } from "./strings.ts";

export function wordsOf<Words>(english: () => Promise<Words>, chinese: () => Promise<Words>): Promise<Words> {
  return locale === "zh-CN" ? chinese().catch(english) : english();
}
