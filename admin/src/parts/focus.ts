/** When a row or a form disappears, the browser would move the focus to the top of the page. The heading gets it, without scrolling. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}
