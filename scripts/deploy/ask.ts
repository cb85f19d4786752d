/** Questions, where somebody sits at a terminal; elsewhere the answer is the one that is offered. */
import { createInterface } from "node:readline/promises";

export interface Ask {
  /** What was typed, or `offered` for an empty line. Asked again until `fault` finds nothing wrong. */
  text(question: string, offered: string, fault?: (answer: string) => string | null): Promise<string>;
  yes(question: string): Promise<boolean>;
}

/** What a question throws whose answer is Ctrl-C, or the end of the input. All of them come before anything is changed. */
export class Stopped extends Error {}

/** Throws `Stopped`. */
export function askAt(terminal: boolean, { stdin, stdout }: Pick<NodeJS.Process, "stdin" | "stdout"> = process): Ask {
  if (!terminal) return { text: async (_question, offered) => offered, yes: async () => true };
  const once = async (line: string) => {
    const reader = createInterface({ input: stdin, output: stdout });
    const left = new AbortController();
    // Where the input ends by itself, nobody settles the question.
    reader.once("close", () => left.abort());
    try {
      return (await reader.question(line, { signal: left.signal })).trim();
    } catch {
      throw new Stopped();
    } finally {
      reader.close();
    }
  };
  return {
    async text(question, offered, fault = () => null) {
      for (;;) {
        const answer = (await once(`${question}${offered ? ` [${offered}]` : ""}: `)) || offered;
        const wrong = answer === offered ? null : fault(answer);
        if (wrong === null) return answer;
        console.log(wrong);
      }
    },
    yes: async (question) => !/^n/i.test(await once(`${question} [Y/n]: `)),
  };
}
