/** After a row or a form is gone the browser would drop the focus to the top of the page: the heading gets it instead. What is in sight stays there. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}
