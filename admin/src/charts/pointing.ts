/** Which bar of a chart is pointed at, by the pointer, or by the arrow keys once the chart has the focus. */
import type { Signal } from "@preact/signals";

export function bucketHandlers(at: Signal<number | null>, count: number) {
  return {
    onPointerMove(event: PointerEvent & { currentTarget: HTMLElement }): void {
      const { left, width } = event.currentTarget.getBoundingClientRect();
      at.value = Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - left) / width) * count)));
    },
    onPointerLeave(): void {
      at.value = null;
    },
    onBlur(): void {
      at.value = null;
    },
    onKeyDown(event: KeyboardEvent): void {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (step === 0 || count === 0) return;
      event.preventDefault();
      at.value = at.value === null ? count - 1 : Math.max(0, Math.min(count - 1, at.value + step));
    },
  };
}
