/** The languages of the console, each in its own words. Choosing one loads the page anew. */
import { LOCALE_NAMES, LOCALES } from "../locale/locale.ts";
import { locale, speak, strings } from "../locale/strings.ts";

export function Languages() {
  return (
    <select
      class="quiet"
      aria-label={strings.shell.language}
      value={locale}
      onChange={(event) => {
        const wanted = LOCALES.find((offered) => offered === event.currentTarget.value);
        if (wanted) speak(wanted);
      }}
    >
      {LOCALES.map((offered) => (
        <option key={offered} value={offered} lang={offered}>
          {LOCALE_NAMES[offered]}
        </option>
      ))}
    </select>
  );
}
