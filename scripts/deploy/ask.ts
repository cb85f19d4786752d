/** Questions, where somebody sits at a terminal; elsewhere the answer is the one that is offered. */
import { createInterface } from "node:readline/promises";

export interface Ask {
  /** What was typed, or `offered` for an empty line. Asked again until `fault` finds nothing wrong. */
  text(question: string, offered: string, fault?: (answer: string) => string | null): Promise<string>;
  yes(question: string): Promise<boolean>;
}

export function askAt(terminal: boolean): Ask {
  if (!terminal) return { text: async (_question, offered) => offered, yes: async () => true };
  const once = async (line: string) => {
    const reader = createInterface({ input: process.stdin, output: process.stdout });
    const answer = (await reader.question(line)).trim();
    reader.close();
    return answer;
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
