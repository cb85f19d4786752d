/** ⌘K: pages, keys, accounts and actions by their names. The arrow keys move, Enter opens, Escape closes. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { platformName } from "../locale/platforms.ts";
import { strings } from "../locale/strings.ts";
import { NAVIGATION } from "../pages/pages.ts";
import { Icon } from "../parts/icon.tsx";
import { pathTo } from "../router/match.ts";
import type { PaletteProps } from "../shell/palette-host.tsx";
import { chooseTheme, THEMES } from "../theme.ts";
import { type Choice, grouped, matching } from "./choices.ts";
import { createKeySearch, type FoundKey } from "./key-search.ts";

const words = strings.palette;

export function Palette({ data, router, onSignOut, onClose }: PaletteProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const typed = useSignal("");
  const at = useSignal(0);

  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);

  const beyond = useMemo(() => createKeySearch(data.client), [data.client]);
  useEffect(() => beyond.end, [beyond]);

  const choices = choicesOf({ data, router, onSignOut });
  const known = matching(choices, typed.value);
  const there = new Set(data.directory.known.value?.keys.map(({ id }) => id));
  const further = beyond.found.value.filter(({ id }) => !there.has(id)).map((key) => keyChoice(key, router));
  const groups = grouped([...known, ...further]);
  const found = groups.flatMap(([, of]) => of);
  const current = found[Math.min(at.value, found.length - 1)];

  useLayoutEffect(() => {
    dialog.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  });

  function choose(choice: Choice | undefined): void {
    if (!choice) return;
    onClose();
    choice.run();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      at.value = (Math.min(at.value, found.length - 1) + step + found.length) % found.length;
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      choose(current);
    }
  }

  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label={words.label}
      onClose={onClose}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="search">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-expanded={true}
          aria-controls="palette-list"
          aria-activedescendant={current && idOf(found.indexOf(current))}
          aria-label={words.label}
          placeholder={words.label}
          autocomplete="off"
          spellcheck={false}
          onKeyDown={onKeyDown}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            at.value = 0;
            // The directory has the newest alone: where it is full, what it knows is not all that there is.
            if (!data.directory.known.value?.hasMoreKeys && matching(choices, typed.value).length > 0) beyond.end();
            else beyond.lookFor(typed.value);
          }}
        />
      </div>
      <div id="palette-list" role="listbox" aria-label={words.label}>
        {groups.map(([group, of]) => (
          // biome-ignore lint/a11y/useSemanticElements: a listbox has groups, and no fieldsets
          <div key={group} role="group" aria-label={group}>
            <div class="group" aria-hidden="true">
              {group}
            </div>
            {of.map((choice) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input, which names the active option
              // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the input chooses it
              <div
                key={choice.label}
                id={idOf(found.indexOf(choice))}
                class="item"
                role="option"
                aria-selected={choice === current}
                onClick={() => choose(choice)}
              >
                <Icon name={choice.icon} />
                <span class="cut">{choice.label}</span>
                {choice.also !== undefined && <span class="end small cut">{choice.also}</span>}
              </div>
            ))}
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <p class="item soft" role="status">
          {beyond.busy.value ? strings.loading : words.nothing(typed.value)}
        </p>
      )}
    </dialog>
  );
}

function idOf(at: number): string {
  return `palette-${at}`;
}

function choicesOf({ data, router, onSignOut }: Omit<PaletteProps, "onClose">): Choice[] {
  const go = (path: string) => () => router.go(path);
  const known = data.directory.known.value;
  const { shell } = strings;
  return [
    ...NAVIGATION.flat().map(
      ({ name, icon, path }): Choice => ({ group: words.pages, icon, label: shell[name], run: go(path) }),
    ),
    { group: words.actions, icon: "terminal", label: shell.start, run: go("/start") },
    { group: words.actions, icon: "plus", label: words.createKey, run: go("/keys/new") },
    { group: words.actions, icon: "plus", label: words.addAccount, run: go("/accounts/new") },
    ...THEMES.map(
      (theme): Choice => ({
        group: words.actions,
        icon: "monitor",
        label: `${shell.theme}: ${shell.themes[theme]}`,
        run: () => chooseTheme(theme),
      }),
    ),
    { group: words.actions, icon: "log-out", label: shell.signOut, run: onSignOut },
    ...(known?.keys ?? []).map((key) => keyChoice(key, router)),
    ...(known?.accounts ?? []).map(
      ({ id, name, platform }): Choice => ({
        group: words.accounts,
        icon: "server",
        label: name,
        also: platformName(platform),
        run: go(pathTo("/accounts/:id", { id })),
      }),
    ),
  ];
}

function keyChoice({ id, name, owner }: FoundKey, router: PaletteProps["router"]): Choice {
  return {
    group: words.keys,
    icon: "key-round",
    label: name,
    also: owner === "" ? undefined : owner,
    run: () => router.go(pathTo("/keys/:id", { id })),
  };
}
