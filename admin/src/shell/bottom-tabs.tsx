/** The navigation on a phone: the first pages within reach of a thumb, the others behind one more button. */
import { strings } from "../locale/strings.ts";
import { NAVIGATION, type PageName } from "../pages/pages.ts";
import { Icon } from "../parts/icon.tsx";
import { Menu } from "../parts/menu.tsx";
import type { Router } from "../router/router.ts";

interface Props {
  router: Router;
  current: PageName | undefined;
}

export function BottomTabs({ router, current }: Props) {
  const [first = [], ...others] = NAVIGATION;
  const rest = others.flat();
  return (
    <nav class="bottom" aria-label={strings.shell.sections}>
      {first.map(({ name, icon, path }) => (
        <a key={name} href={router.href(path)} aria-current={name === current ? "page" : undefined}>
          <Icon name={icon} />
          {strings.shell[name]}
        </a>
      ))}
      <Menu
        label={strings.shell.more}
        class=""
        current={rest.some(({ name }) => name === current)}
        face={
          <>
            <Icon name="ellipsis" />
            {strings.shell.more}
          </>
        }
      >
        {(close) =>
          rest.map(({ name, icon, path }) => (
            <a
              key={name}
              class="item"
              href={router.href(path)}
              aria-current={name === current ? "page" : undefined}
              onClick={close}
            >
              <Icon name={icon} />
              {strings.shell[name]}
            </a>
          ))
        }
      </Menu>
    </nav>
  );
}
