/**
 * Asks before an action that cannot simply be undone. The native dialog provides the focus trap, Escape, and the return of the focus to the
 * button that opened it.
 */
import { useLayoutEffect, useRef } from "preact/hooks";
import { strings } from "../locale/strings.ts";

interface Props {
  title: string;
  text: string;
  action: string;
  /** Instead of "Cancel". */
  cancel?: string;
  onConfirm: () => void;
  onCancel: () => void;
}

export function Confirm({ title, text, action, cancel, onConfirm, onCancel }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const confirmed = useRef(false);

  useLayoutEffect(() => dialog.current?.showModal(), []);

  function close(): void {
    if (confirmed.current) onConfirm();
    else onCancel();
  }

  return (
    <dialog
      ref={dialog}
      class="question"
      onClose={close}
      aria-labelledby="confirm-title"
      aria-describedby="confirm-text"
    >
      <h2 id="confirm-title">{title}</h2>
      <p id="confirm-text">{text}</p>
      <div class="answers">
        <button type="button" onClick={() => dialog.current?.close()}>
          {cancel ?? strings.cancel}
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            confirmed.current = true;
            dialog.current?.close();
          }}
        >
          {action}
        </button>
      </div>
    </dialog>
  );
}
