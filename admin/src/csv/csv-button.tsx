/** Downloads a whole list as a file. Counts the lines while they arrive, and a second click stops it. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { format } from "../locale/strings.ts";
import { Icon } from "../parts/icon.tsx";
import { Trouble } from "../parts/trouble.tsx";
import type { Problem } from "../problem.ts";
import { type Query, readWhole } from "./whole-file.ts";
import { words } from "./words.ts";

interface Props {
  /** The path in the API. */
  path: string;
  query: Query;
  /** The name of the file. */
  file: string;
}

export function CsvButton({ path, query, file }: Props) {
  const lines = useSignal<number | null>(null);
  const problem = useSignal<Problem | null>(null);
  const reading = useRef<AbortController | null>(null);
  useEffect(() => () => reading.current?.abort(), []);

  async function take(): Promise<void> {
    const controller = new AbortController();
    reading.current = controller;
    problem.value = null;
    lines.value = 0;
    const answer = await readWhole(path, query, controller.signal, (count) => {
      lines.value = count;
    });
    lines.value = null;
    reading.current = null;
    if (answer === null) return;
    if (answer.ok) save(answer.value, file);
    else problem.value = answer.problem;
  }

  const count = lines.value;
  return (
    <>
      <button
        type="button"
        title={count === null ? words.why : words.stop}
        onClick={() => (reading.current ? reading.current.abort() : void take())}
      >
        <Icon name={count === null ? "download" : "x"} />
        {count === null ? "CSV" : words.lines(format.count(count))}
      </button>
      <Trouble problem={problem.value} onRetry={take} />
    </>
  );
}

function save(blob: Blob, file: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  // By then the browser has begun to write it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
