/** Questions to a person at a terminal, on stderr. Without a terminal nobody is asked, and nothing waits. */
import { createInterface } from "node:readline/promises";
import { addAbortSignal, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { failed, type Outcome } from "./failure.ts";
import type { System } from "./system.ts";
import { printable } from "./table.ts";

export interface Prompts {
  /** Whether there is anybody to ask. */
  possible: boolean;
  /** What was typed, trimmed; `fallback` for an empty line. */
  text(question: string, fallback?: string): Promise<Outcome<string>>;
  /** The same, but what is typed is not shown. */
  secret(question: string): Promise<Outcome<string>>;
  /** A line that a person types, or that comes through a pipe. */
  line(question: string): Promise<Outcome<string>>;
  /** All that comes through a pipe, as it is. */
  piped(): Promise<Outcome<string>>;
  /** Yes or no; anything but a yes is a no. */
  confirm(question: string): Promise<Outcome<boolean>>;
}

export function createPrompts(system: System): Prompts {
  const { stdin, stderr, signal } = system;
  const possible = stdin.isTTY === true;

  async function asked(wanted: string, hidden: boolean): Promise<Outcome<string>> {
    const question = printable(wanted);
    if (!possible)
      return failed(
        "usage",
        `There is no terminal to ask at: ${question.trim()}`,
        "Say it with an option; --help lists them.",
      );
    const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : stderr;
    const lines = createInterface({ input: stdin, output, terminal: true });
    if (hidden) stderr.write(question);
    try {
      const answer = await lines.question(hidden ? "" : question, {
        signal: AbortSignal.any([signal, interrupt(lines)]),
      });
      return { ok: true, value: answer.trim() };
    } catch {
      return failed("interrupted", "Stopped.");
    } finally {
      lines.close();
      if (hidden) stderr.write("\n");
    }
  }

  return {
    possible,
    async text(question, fallback) {
      const answer = await asked(question, false);
      return answer.ok && answer.value === "" && fallback !== undefined ? { ok: true, value: fallback } : answer;
    },
    secret: (question) => asked(question, true),
    async line(question) {
      if (possible) return asked(question, false);
      stderr.write(`${question}\n`);
      for await (const line of createInterface({ input: stdin, signal })) return { ok: true, value: line.trim() };
      return failed("usage", `Nothing came from stdin: ${question.trim()}`);
    },
    async piped() {
      try {
        return { ok: true, value: await text(addAbortSignal(signal, stdin)) };
      } catch (error) {
        return signal.aborted ? failed("interrupted", "Stopped.") : failed("failed", `stdin cannot be read: ${error}`);
      }
    },
    async confirm(question) {
      const answer = await asked(`${question} [y/N] `, false);
      return answer.ok ? { ok: true, value: /^y(?:es)?$/i.test(answer.value) } : answer;
    },
  };
}

/** Ctrl-C and the end of the input: in raw mode a terminal sends no signal. */
function interrupt(lines: ReturnType<typeof createInterface>): AbortSignal {
  const left = new AbortController();
  lines.once("SIGINT", () => left.abort());
  lines.once("close", () => left.abort());
  return left.signal;
}
