/**
 * Messages about the last action, shown for a moment, with a button to undo it if that is possible. They are above the page and not in it:
 * if the list moved at the moment of a click, the next click would hit the wrong row. The region exists even when it is empty, because
 * screen readers announce only what changes inside it.
 */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { phrase } from "../locale/phrases.ts";
import { strings } from "../locale/strings.ts";
import type { Problem } from "../problem.ts";
import { Icon } from "./icon.tsx";

export interface Notice {
  text: string;
  /** The text says why it was not. */
  failed?: boolean;
  /** The problem, or null when it is undone. */
  undo?: (() => Promise<Problem | null>) | undefined;
}

const SHOWN_MS = 6_000;
const UNDO_MS = 12_000;

export function Toasts({ notice }: { notice: Signal<Notice | null> }) {
  const shown = notice.value;
  const held = useSignal(false);
  const isHeld = held.value;

  // Not while somebody points at it, or the focus is in it.
  useEffect(() => {
    if (shown === null || isHeld) return;
    const timer = setTimeout(
      () => {
        notice.value = null;
      },
      shown.undo ? UNDO_MS : SHOWN_MS,
    );
    return () => clearTimeout(timer);
  }, [shown, isHeld, notice]);

  async function undo(run: () => Promise<Problem | null>): Promise<void> {
    notice.value = null;
    const problem = await run();
    notice.value = problem === null ? { text: strings.undone } : { text: problem.text, failed: true };
  }

  return (
    <div
      class="toasts"
      role="status"
      onMouseEnter={() => {
        held.value = true;
      }}
      onMouseLeave={() => {
        held.value = false;
      }}
      onFocusIn={() => {
        held.value = true;
      }}
      onFocusOut={() => {
        held.value = false;
      }}
    >
      {shown && (
        <div class="toast">
          <Icon name={shown.failed ? "triangle-alert" : "check"} />
          <span>{shown.failed ? phrase(shown.text, strings.problem.quoted) : shown.text}</span>
          {shown.undo && (
            <button type="button" class="quiet" onClick={() => shown.undo && void undo(shown.undo)}>
              <Icon name="undo-2" />
              {strings.undo}
            </button>
          )}
          <button
            type="button"
            class="bare"
            aria-label={strings.dismiss}
            title={strings.dismiss}
            onClick={() => {
              notice.value = null;
            }}
          >
            <Icon name="x" />
          </button>
        </div>
      )}
    </div>
  );
}
