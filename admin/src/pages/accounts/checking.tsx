/** A check of an account on the page: runs it step by step, and shows the result for each key. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { phrase } from "../../locale/phrases.ts";
import { format } from "../../locale/strings.ts";
import { Badge } from "../../parts/badge.tsx";
import { Trouble } from "../../parts/trouble.tsx";
import { NO_ANSWER, type Problem } from "../../problem.ts";
import type { CheckProgress, CheckReply } from "./check-stream.ts";
import { words as accountsWords } from "./words.ts";

const words = accountsWords.page;

export interface Checking {
  /** Null before the first check. */
  progress: ReadonlySignal<CheckProgress | null>;
  problem: ReadonlySignal<Problem | null>;
  running: ReadonlySignal<boolean>;
  /** The problem of a check that did not reach its end; undefined if one is running already, or the page is gone. */
  run(send: (signal: AbortSignal) => Promise<CheckReply>): Promise<Problem | null | undefined>;
  /** Resets it to the state before the first check. */
  clear(): void;
}

/** Ends with the page that shows it, so that no upstream is asked for an answer that nobody reads. */
export function useChecking(): Checking {
  const progress = useSignal<CheckProgress | null>(null);
  const problem = useSignal<Problem | null>(null);
  const running = useSignal(false);
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);

  async function run(send: (signal: AbortSignal) => Promise<CheckReply>): Promise<Problem | null | undefined> {
    if (running.value) return undefined;
    running.value = true;
    problem.value = null;
    progress.value = { step: null, results: [] };
    const { signal } = left.current;
    // Only a check needs this code, so it is fetched now.
    const reader = await import("./check-stream.ts").catch(() => null);
    const failed = await (reader?.readCheck(send(signal), (seen) => {
      progress.value = seen;
    }) ?? NO_ANSWER);
    if (signal.aborted) return undefined;
    problem.value = failed;
    running.value = false;
    return failed;
  }

  function clear(): void {
    problem.value = null;
    progress.value = null;
  }

  return { progress, problem, running, run, clear };
}

export function CheckResults({ checking }: { checking: Checking }) {
  const seen = checking.progress.value;
  return (
    <>
      <Trouble problem={checking.problem.value} />
      <div class="checks" aria-live="polite">
        {seen?.results.map((result) => (
          <div key={result.key.position} class="stack">
            <div class="line">
              <Badge tone={result.ok ? "ok" : "bad"}>{result.ok ? words.checkOk : words.checkFailed}</Badge>
              <span class="mono small">{result.key.hint}</span>
              {result.ttft_ms !== null && <span class="soft small">{format.duration(result.total_ms)}</span>}
            </div>
            <p>{phrase(result.diagnosis)}</p>
            {result.upstream_message !== null && <pre>{result.upstream_message}</pre>}
          </div>
        ))}
        {checking.running.value && seen?.step && <p class="soft small">{phrase(seen.step)}</p>}
      </div>
    </>
  );
}
