/**
 * A drawer at the side of the page for one record: a form, or details. The native dialog holds the focus and returns it. Escape, the cross
 * and a click beside the drawer all call `onClose`, which may ask the person first; only unmounting closes it.
 */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { strings } from "../locale/strings.ts";
import { focusHeading } from "./focus.ts";
import { Icon } from "./icon.tsx";

interface Props {
  title: ComponentChildren;
  wide?: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

const CONTROL = "input, select, textarea";

export function Drawer({ title, wide, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();

  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    (shown?.querySelector<HTMLElement>(CONTROL) ?? heading.current)?.focus();
    return () => {
      shown?.close();
      if (document.activeElement === document.body) focusHeading();
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      class={wide ? "drawer wide" : "drawer"}
      aria-labelledby={id}
      onCancel={(event) => {
        // A file picker's own cancel event bubbles up to here.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      onClose={(event) => {
        // Chromium closes a dialog when the history moves, even if the router has moved back because of unsaved work.
        if (event.target === event.currentTarget && event.currentTarget.isConnected) event.currentTarget.showModal();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="drawer-in">
        <header class="drawer-head">
          <h2 id={id} ref={heading} tabIndex={-1}>
            {title}
          </h2>
          <button type="button" class="bare" aria-label={strings.close} title={strings.close} onClick={onClose}>
            <Icon name="x" />
          </button>
        </header>
        <div class="drawer-body">{children}</div>
      </div>
    </dialog>
  );
}
