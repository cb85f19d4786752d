/** Panels of which one is shown. The arrow keys move between them, as in the ARIA pattern for tabs. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Tab {
  name: string;
  label: string;
}

interface Props {
  id: string;
  label: string;
  tabs: readonly Tab[];
  /** The panel that is shown, if the parent controls it; default: at first the first one. */
  chosen?: string | undefined;
  onChoose?: (name: string) => void;
  children: (name: string) => ComponentChildren;
}

export function Tabs({ id, label, tabs, chosen: wanted, onChoose, children }: Props) {
  const chosen = useSignal(tabs.find(({ name }) => name === wanted)?.name ?? tabs[0]?.name ?? "");

  const list = useRef<HTMLDivElement>(null);
  // If not all tabs fit, the current one is scrolled into view. Only the row of tabs scrolls, because the page must not move.
  useLayoutEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (!list.current || !tab) return;
    const { offsetLeft: from, offsetWidth: width } = tab;
    const { scrollLeft: left, clientWidth: room, offsetLeft: edge } = list.current;
    if (from - edge < left || from - edge + width > left + room) list.current.scrollLeft = from - edge - room / 3;
  }, [chosen.value]);

  function choose(name: string): void {
    chosen.value = name;
    onChoose?.(name);
  }

  function onKeyDown(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex(({ name }) => name === chosen.value);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    choose(next.name);
    event.currentTarget.querySelector<HTMLElement>(`#${id}-tab-${next.name}`)?.focus();
  }

  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown} ref={list}>
        {tabs.map(({ name, label: words }) => (
          <button
            key={name}
            id={`${id}-tab-${name}`}
            type="button"
            role="tab"
            aria-selected={name === chosen.value}
            aria-controls={`${id}-panel`}
            tabIndex={name === chosen.value ? 0 : -1}
            onClick={() => choose(name)}
          >
            {words}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} class="stack" role="tabpanel" aria-labelledby={`${id}-tab-${chosen.value}`}>
        {children(chosen.value)}
      </div>
    </>
  );
}
