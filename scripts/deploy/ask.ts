/** Questions to a person at a terminal. Without a terminal the answer is the offered one. */
import { createInterface } from "node:readline/promises";

export interface Ask {
  /** What was typed, or `offered` for an empty line. Asked again until `fault` finds nothing wrong. */
  text(question: string, offered: string, fault?: (answer: string) => string | null): Promise<string>;
  yes(question: string): Promise<boolean>;
}

/** Thrown by a question that is answered with Ctrl-C or the end of the input. All questions come before any change. */
export class Stopped extends Error {}

/** Throws `Stopped`. */
export function askAt(terminal: boolean, { stdin, stdout }: Pick<NodeJS.Process, "stdin" | "stdout"> = process): Ask {
  if (!terminal) return { text: async (_question, offered) => offered, yes: async () => true };
  const once = async (line: string) => {
    const reader = createInterface({ input: stdin, output: stdout });
    const left = new AbortController();
    // If the input ends by itself, nothing else settles the question.
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
