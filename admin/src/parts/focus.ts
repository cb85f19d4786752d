/** Where the keyboard goes when the thing it was on disappears, or when a form finds something wrong. */
import { useLayoutEffect, useRef } from "preact/hooks";

/** After a row or a form is gone the browser would drop the focus to the top of the page. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus();
}

/** A ref for a form: whenever `errors` changes, the first field marked invalid gets the focus. */
export function useFirstError(errors: object) {
  const form = useRef<HTMLFormElement>(null);
  // Read from the page, where each field marks itself; in the same step as the render, for a frame later the person
  // may be typing in another field already.
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), [errors]);
  return form;
}
