/**
 * Further actions behind a button. The native popover closes on Escape and on a click beside it, and is above everything; the style sheet
 * puts it beside its button.
 */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icon.tsx";

interface Props {
  label: string;
  icon?: IconName;
  /** On the button, instead of the icon. */
  face?: ComponentChildren;
  class?: string;
  current?: boolean;
  /** Created when it is opened. */
  children: (close: () => void) => ComponentChildren;
}

export function Menu({ label, icon = "ellipsis", face, class: look = "bare", current, children }: Props) {
  const id = useId();
  const popover = useRef<HTMLDivElement>(null);
  const open = useSignal(false);
  const close = () => popover.current?.hidePopover();

  return (
    <>
      <button
        type="button"
        class={look}
        aria-label={face === undefined ? label : undefined}
        title={face === undefined ? label : undefined}
        aria-current={current || undefined}
        popovertarget={id}
      >
        {face ?? <Icon name={icon} />}
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        onBeforeToggle={(event) => {
          open.value = event.newState === "open";
        }}
      >
        {open.value && children(close)}
      </div>
    </>
  );
}

interface ItemProps {
  icon: IconName;
  children: ComponentChildren;
  danger?: boolean | undefined;
  /** A mark at its end. */
  end?: ComponentChildren;
  label?: string;
  onClick: () => void;
}

export function MenuItem({ icon, children, danger, end, label, onClick }: ItemProps) {
  return (
    <button type="button" class={danger ? "item danger" : "item"} aria-label={label} onClick={onClick}>
      <Icon name={icon} />
      <span>{children}</span>
      {end !== undefined && <span class="end">{end}</span>}
    </button>
  );
}
