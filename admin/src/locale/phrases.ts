/**
 * The relay's own English sentences (why an account is out, the result of a test, the terms of a provider) in the language in use. English
 * is shown unchanged. For other languages there is a book of phrases, which is fetched when the first one is needed.
 */
import { signal } from "@preact/signals";
import { locale } from "./strings.ts";

/** The phrase in another language; null if the book does not have it. */
type Book = (text: string) => string | null;

const book = signal<Book | null>(locale === "en" ? () => null : null);
let fetching: Promise<void> | undefined;

/** `otherwise`: what to show if there is no phrase; default: the relay's own text. Empty while the book is being fetched. */
export function phrase(text: string, otherwise: (text: string) => string = (text) => text): string {
  if (locale === "en" || /\p{Script=Han}/u.test(text)) return text;
  if (book.value === null) void fetchBook();
  if (book.value === null) return "";
  return book.value(text) ?? otherwise(text);
}

/** Never rejects. Wait for it if a phrase is shown once, and not again when the book has arrived. */
export async function fetchBook(): Promise<void> {
  if (locale === "en") return;
  fetching ??= import("./phrases-zh-cn.ts").then(
    ({ inChinese }) => {
      book.value = inChinese;
    },
    () => {
      book.value = () => null;
    },
  );
  await fetching;
}
