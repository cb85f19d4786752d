/**
 * What is wrong with an account, in the language in use. The relay says it in English; what it is in another language is fetched when
 * something is wrong for the first time, and until it is there nothing is said.
 */
import { signal } from "@preact/signals";
import { locale } from "../../locale/strings.ts";

type Words = Readonly<Record<string, string>>;

/** Null until they are there. */
const words = signal<Words | null>(locale === "en" ? {} : null);
let asked = false;

/** `reason`: as the relay says it, also of a condition that the console does not know. */
export function conditionText(condition: string | null, reason: string | null): string | null {
  if (condition === null) return reason;
  if (words.value === null) {
    void fetchWords();
    return null;
  }
  return words.value[condition] ?? reason;
}

async function fetchWords(): Promise<void> {
  if (asked) return;
  asked = true;
  words.value = await import("./chinese-conditions.ts").then(
    (fetched) => fetched.words,
    () => ({}),
  );
}
