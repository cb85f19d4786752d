/**
 * The language in use, chosen before anything is rendered and kept until the page is loaded again, so that every sentence can be a
 * constant. English is part of the console; another language is fetched first, only by those who read it.
 */
import { en, type Strings } from "./en.ts";
import { formatsFor } from "./format.ts";
import { chooseLocale, type Locale } from "./locale.ts";
import { zoneOf } from "./zone.ts";

const CHOSEN = "edge-relay-locale";

export const locale = chooseLocale(chosen(), navigator.languages);

/** English if the other language cannot be fetched: words that somebody can read are better than none. */
export const strings: Strings =
  locale === "zh-CN"
    ? await import("./zh-cn.ts").then(
        ({ zhCN }) => zhCN,
        () => en,
      )
    : en;

/** The zone in which times are written and read, such as "+08:00": the browser's own, until the relay has told its own. */
export let zone = zoneOf(-new Date().getTimezoneOffset() / 60);

/** In the browser's own time zone, until the relay has told its own. */
export let format = formatsFor(locale, strings.units);

/** `relays`: the relay's, such as "+08:00". Whatever is rendered from now on uses it. */
export function keepTimeOf(relays: string): void {
  zone = relays;
  format = formatsFor(locale, strings.units, zone);
}

/** Loads the page again in `wanted`, which is also kept for later visits. */
export function speak(wanted: Locale): void {
  try {
    localStorage.setItem(CHOSEN, wanted);
  } catch {
    // The browser stores nothing, so the next load uses the browser's own language again.
  }
  location.reload();
}

/** Null also if the browser denies access to the storage. */
function chosen(): string | null {
  try {
    return localStorage.getItem(CHOSEN);
  } catch {
    return null;
  }
}
