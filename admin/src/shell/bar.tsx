/** The bar above each page: where it is, the search, the state of the accounts, and the looks and language of the console. */
import type { Console } from "../console.ts";
import { LOCALE_NAMES, LOCALES } from "../locale/locale.ts";
import { locale, speak, strings } from "../locale/strings.ts";
import { NAVIGATION, type PageName } from "../pages/pages.ts";
import { Icon } from "../parts/icon.tsx";
import { Menu, MenuItem } from "../parts/menu.tsx";
import type { Router } from "../router/router.ts";
import { chooseTheme, THEMES, theme } from "../theme.ts";
import { HealthPill } from "./health-pill.tsx";

const words = strings.shell;
const THEME_ICONS = { system: "monitor", light: "sun", dark: "moon" } as const;

interface Props {
  router: Router;
  data: Console;
  current: PageName | undefined;
  username: string;
  onFind: () => void;
  onSignOut: () => void;
}

export function Bar({ router, data, current, username, onFind, onSignOut }: Props) {
  return (
    <header class="bar">
      <Crumbs router={router} data={data} current={current} />
      <button type="button" class="find" onClick={onFind}>
        <Icon name="search" />
        <span class="word">{strings.palette.open}</span>
        <kbd>{isApple() ? "⌘K" : "Ctrl K"}</kbd>
      </button>
      <HealthPill directory={data.directory} router={router} />
      <Look />
      <Menu label={words.signedInAs(username)} icon="user-round">
        {() => (
          <>
            <h3>{words.signedInAs(username)}</h3>
            <MenuItem icon="log-out" onClick={onSignOut}>
              {words.signOut}
            </MenuItem>
          </>
        )}
      </Menu>
    </header>
  );
}

/** The looks and the language of the console. */
export function Look() {
  return (
    <Menu label={words.view} icon={THEME_ICONS[theme.value]}>
      {(close) => (
        <>
          <h3>{words.theme}</h3>
          {THEMES.map((offered) => (
            <MenuItem
              key={offered}
              icon={THEME_ICONS[offered]}
              end={offered === theme.value && <Icon name="check" />}
              onClick={() => {
                chooseTheme(offered);
                close();
              }}
            >
              {words.themes[offered]}
            </MenuItem>
          ))}
          <h3>{words.language}</h3>
          {LOCALES.map((offered) => (
            <MenuItem
              key={offered}
              icon="languages"
              end={offered === locale && <Icon name="check" />}
              onClick={() => speak(offered)}
            >
              <span lang={offered}>{LOCALE_NAMES[offered]}</span>
            </MenuItem>
          ))}
        </>
      )}
    </Menu>
  );
}

function Crumbs({ router, data, current }: Pick<Props, "router" | "data" | "current">) {
  const item = NAVIGATION.flat().find(({ name }) => name === current);
  const crumb = data.crumb.value;
  if (current === undefined) return <div class="crumbs" />;
  const name = words[current];
  return (
    <nav class="crumbs" aria-label={words.path}>
      {crumb === null || !item ? (
        <span aria-current="page">{name}</span>
      ) : (
        <>
          <a href={router.href(item.path)}>{name}</a>
          <Icon name="chevron-right" />
          <span class="cut" aria-current="page" title={crumb}>
            {crumb}
          </span>
        </>
      )}
    </nav>
  );
}

function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
