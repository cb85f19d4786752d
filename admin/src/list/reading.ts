/**
 * One answer of the API as signals, for as long as a page shows it: read at the visit, when the person comes back to the window, and
 * where it is wanted every so often. What is shown stays until the next answer is there.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Answer } from "../api.ts";
import type { Problem } from "../problem.ts";

export interface Reading<Value> {
  /** Null until there is an answer. */
  value: ReadonlySignal<Value | null>;
  problem: ReadonlySignal<Problem | null>;
  refresh(): Promise<void>;
  /** Keeps it current until the function that it returns is called. */
  visit(): () => void;
}

/** Whoever only switches windows to and fro is not asking for news. */
const FRESH_MS = 2_000;

export function createReading<Value>(
  read: (signal: AbortSignal) => Promise<Answer<Value>>,
  everyMs: number | null = null,
): Reading<Value> {
  const value = signal<Value | null>(null);
  const problem = signal<Problem | null>(null);
  let asking: AbortController | undefined;
  let readAt = 0;

  async function refresh(): Promise<void> {
    asking?.abort();
    const controller = new AbortController();
    asking = controller;
    readAt = Date.now();
    const answer = await read(controller.signal);
    if (controller.signal.aborted) return;
    problem.value = answer.ok ? null : answer.problem;
    if (answer.ok) value.value = answer.value;
  }

  const visible = () => document.visibilityState === "visible";

  return {
    value,
    problem,
    refresh,
    visit() {
      const onReturn = () => visible() && Date.now() - readAt >= FRESH_MS && void refresh();
      const timer = everyMs === null ? undefined : setInterval(() => visible() && void refresh(), everyMs);
      document.addEventListener("visibilitychange", onReturn);
      addEventListener("focus", onReturn);
      void refresh();
      return () => {
        clearInterval(timer);
        document.removeEventListener("visibilitychange", onReturn);
        removeEventListener("focus", onReturn);
        asking?.abort();
      };
    },
  };
}

/** A reading for as long as the component lives; another one where `key` changes. */
export function useReading<Value>(
  key: string,
  read: (signal: AbortSignal) => Promise<Answer<Value>>,
  everyMs: number | null = null,
): Reading<Value> {
  // `key` says what `read` reads.
  const reading = useMemo(() => createReading(read, everyMs), [key]);
  useEffect(() => reading.visit(), [reading]);
  return reading;
}
