/**
 * What the relay itself says in English (why an account is out, what a test has shown, which terms a provider has) in the language in
 * use. English stands as it is; for others there is a book of phrases, which is fetched when the first one is said.
 */
import { signal } from "@preact/signals";
import { locale } from "./strings.ts";

/** In another language; null for what the book has not. */
type Book = (text: string) => string | null;

const book = signal<Book | null>(locale === "en" ? () => null : null);
let fetching: Promise<void> | undefined;

/** `otherwise`: how to say what there is no phrase for; without it, as the relay does. Nothing while the book is fetched. */
export function phrase(text: string, otherwise: (text: string) => string = (text) => text): string {
  if (locale === "en" || /\p{Script=Han}/u.test(text)) return text;
  if (book.value === null) void fetchBook();
  if (book.value === null) return "";
  return book.value(text) ?? otherwise(text);
}

/** Never rejects. To be waited for where a phrase is said once, and not again when the book is there. */
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
