/** The navigation at the side. Collapsed it shows only icons, with their words on hover. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { strings } from "../locale/strings.ts";
import { NAVIGATION, type PageName } from "../pages/pages.ts";
import { Icon } from "../parts/icon.tsx";
import type { Router } from "../router/router.ts";

const COLLAPSED = "edge-relay-rail";
const collapsed = signal(wasCollapsed());

export const narrow: ReadonlySignal<boolean> = collapsed;

interface Props {
  router: Router;
  current: PageName | undefined;
}

export function Rail({ router, current }: Props) {
  const isNarrow = collapsed.value;
  const fold = isNarrow ? strings.shell.expand : strings.shell.collapse;
  return (
    <nav class="rail" aria-label={strings.shell.sections}>
      <a class="brand" href={router.href("/")}>
        <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" />
        <span class="word">{strings.product}</span>
      </a>
      {NAVIGATION.map((items, at) => (
        <ul key={at}>
          {items.map(({ name, icon, path }) => (
            <li key={name}>
              <a
                href={router.href(path)}
                aria-current={name === current ? "page" : undefined}
                title={isNarrow ? strings.shell[name] : undefined}
              >
                <Icon name={icon} />
                <span class="word">{strings.shell[name]}</span>
              </a>
            </li>
          ))}
        </ul>
      ))}
      <span class="spring" />
      <button type="button" title={fold} aria-expanded={!isNarrow} onClick={() => collapse(!isNarrow)}>
        <Icon name="panel-left" />
        <span class="word">{fold}</span>
      </button>
    </nav>
  );
}

function collapse(value: boolean): void {
  collapsed.value = value;
  try {
    localStorage.setItem(COLLAPSED, value ? "1" : "");
  } catch {
    // The browser stores nothing, so it holds until the page is left.
  }
}

function wasCollapsed(): boolean {
  try {
    return localStorage.getItem(COLLAPSED) === "1";
  } catch {
    return false;
  }
}
