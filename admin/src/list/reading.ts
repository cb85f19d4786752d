/**
 * One answer of the API as signals, for as long as a page shows it. It is read at the visit, when the person comes back to the window, and
 * if wanted at intervals. What is shown stays until the next answer arrives.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Answer } from "../api.ts";
import type { Problem } from "../problem.ts";

export interface Reading<Value> {
  /** Null until there is an answer. */
  value: ReadonlySignal<Value | null>;
  problem: ReadonlySignal<Problem | null>;
  refresh(): Promise<void>;
  /** Keeps it current until the returned function is called. */
  visit(): () => void;
}

/**
 * Milliseconds until it is read again, depending on what was read and how often in this visit. Null: it is complete, and only `refresh`
 * reads it again.
 */
export type Pace<Value> = (value: Value | null, readings: number) => number | null;

/** Switching windows back and forth within this time does not ask again. */
const FRESH_MS = 2_000;

export function createReading<Value>(
  read: (signal: AbortSignal) => Promise<Answer<Value>>,
  /** In milliseconds if it is constant; null: not at intervals. */
  every: number | null | Pace<Value> = null,
): Reading<Value> {
  const value = signal<Value | null>(null);
  const problem = signal<Problem | null>(null);
  let asking: AbortController | undefined;
  let readAt = 0;
  let readings = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let visited = false;

  const pace = typeof every === "function" ? every : () => every;
  const isEnough = () => typeof every === "function" && every(value.value, readings) === null;

  async function refresh(): Promise<void> {
    asking?.abort();
    const controller = new AbortController();
    asking = controller;
    readAt = Date.now();
    readings += 1;
    const answer = await read(controller.signal);
    if (controller.signal.aborted) return;
    problem.value = answer.ok ? null : answer.problem;
    if (answer.ok) value.value = answer.value;
    wait();
  }

  /** Nothing is read for a hidden tab. It is checked again later whether the tab is visible. */
  function wait(): void {
    clearTimeout(timer);
    const delay = visited ? pace(value.value, readings) : null;
    if (delay !== null) timer = setTimeout(() => (visible() ? void refresh() : wait()), delay);
  }

  const visible = () => document.visibilityState === "visible";

  return {
    value,
    problem,
    refresh,
    visit() {
      const onReturn = () => visible() && Date.now() - readAt >= FRESH_MS && !isEnough() && void refresh();
      visited = true;
      readings = 0;
      document.addEventListener("visibilitychange", onReturn);
      addEventListener("focus", onReturn);
      void refresh();
      return () => {
        visited = false;
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", onReturn);
        removeEventListener("focus", onReturn);
        asking?.abort();
      };
    },
  };
}

/** Another try of all readings that failed together. What is not shown yet has no button of its own. */
export function again(...readings: readonly Pick<Reading<unknown>, "refresh">[]): () => void {
  return () => {
    for (const reading of readings) void reading.refresh();
  };
}

/** A part of a reading, for a component that shows no more of it. Pure. */
export function partOf<Value, Part>(reading: Reading<Value>, of: (value: Value) => Part): Reading<Part> {
  return { ...reading, value: computed(() => (reading.value.value === null ? null : of(reading.value.value))) };
}

/** A reading for as long as the component lives. Another one if `key` changes. */
export function useReading<Value>(
  key: string,
  read: (signal: AbortSignal) => Promise<Answer<Value>>,
  every: number | null | Pace<Value> = null,
): Reading<Value> {
  // `key` stands for what `read` reads.
  const reading = useMemo(() => createReading(read, every), [key]);
  useEffect(() => reading.visit(), [reading]);
  return reading;
}
