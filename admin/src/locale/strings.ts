/**
 * The language in use, chosen before anything is rendered and kept until the page is loaded anew: every sentence can be
 * a constant. English comes with the console; another language is fetched first, for those who read it.
 */
import { en, type Strings } from "./en.ts";
import { formatsFor } from "./format.ts";
import { chooseLocale, type Locale } from "./locale.ts";
import { zoneOf } from "./zone.ts";

const CHOSEN = "edge-relay-locale";

export const locale = chooseLocale(chosen(), navigator.languages);

/** English where the other language cannot be fetched: words that somebody can read are more than none. */
export const strings: Strings =
  locale === "zh-CN"
    ? await import("./zh-cn.ts").then(
        ({ zhCN }) => zhCN,
        () => en,
      )
    : en;

/** What times are written and read in, such as "+08:00": the browser's own, until the relay has said its own. */
export let zone = zoneOf(-new Date().getTimezoneOffset() / 60);

/** In the browser's own time zone, until the relay has said its own. */
export let format = formatsFor(locale, strings.units);

/** `relays`: the relay's, such as "+08:00". What is rendered from here on is written in it. */
export function keepTimeOf(relays: string): void {
  zone = relays;
  format = formatsFor(locale, strings.units, zone);
}

/** Loads the page anew in `wanted`, here and at each later visit. */
export function speak(wanted: Locale): void {
  try {
    localStorage.setItem(CHOSEN, wanted);
  } catch {
    // A browser that stores nothing: the next load asks it for its own language again.
  }
  location.reload();
}

/** Null also where the browser keeps the storage shut. */
function chosen(): string | null {
  try {
    return localStorage.getItem(CHOSEN);
  } catch {
    return null;
  }
}
