/** The languages of the console, and which of them a person gets. Pure. */

export const LOCALES = ["en", "zh-CN"] as const;
export type Locale = (typeof LOCALES)[number];

/** Each language in its own words, because people who look for theirs may not read the others. */
export const LOCALE_NAMES: Record<Locale, string> = { en: "English", "zh-CN": "简体中文" };

/** The language chosen by hand, else the first of the browser's languages that exists, else English. */
export function chooseLocale(chosen: string | null, wanted: readonly string[]): Locale {
  const known = LOCALES.find((locale) => locale === chosen);
  if (known) return known;
  for (const tag of wanted) {
    const language = tag.split("-", 1)[0];
    const found = LOCALES.find((locale) => locale.split("-", 1)[0] === language);
    if (found) return found;
  }
  return "en";
}
