/** Panels of which one is shown. Arrow keys move between them, as the pattern for tabs has it. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

interface Tab {
  name: string;
  label: string;
}

interface Props {
  id: string;
  label: string;
  tabs: readonly Tab[];
  children: (name: string) => ComponentChildren;
}

export function Tabs({ id, label, tabs, children }: Props) {
  const chosen = useSignal(tabs[0]?.name ?? "");

  function onKeyDown(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex(({ name }) => name === chosen.value);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    chosen.value = next.name;
    event.currentTarget.querySelector<HTMLElement>(`#${id}-tab-${next.name}`)?.focus();
  }

  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map(({ name, label: words }) => (
          <button
            key={name}
            id={`${id}-tab-${name}`}
            type="button"
            role="tab"
            aria-selected={name === chosen.value}
            aria-controls={`${id}-panel`}
            tabIndex={name === chosen.value ? 0 : -1}
            onClick={() => {
              chosen.value = name;
            }}
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
