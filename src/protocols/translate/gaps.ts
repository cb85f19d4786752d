/**
 * What an upstream's model has turned out not to accept. Each gap is a line of `quirks.without`, remembered per account and model,
 * and shown to operators as it is written here.
 *
 * | line                      | what follows                                             |
 * |---------------------------|----------------------------------------------------------|
 * | `temperature`             | the parameter is left out                                |
 * | `reasoning_effort=xhigh`  | this value of it is not used                             |
 * | `reasoning_effort in low,high` | none but these values of it are used                |
 * | `max_tokens<=8192`        | it is cut to that                                        |
 * | `tool_choice with thinking` | the two are not used together                          |
 * | `messages without reasoning_content` | every message of the assistant has it         |
 */
import type { Quirks } from "./quirks.ts";

/** What follows from a line, other than that a parameter is left out. */
const CONSEQUENCES: Readonly<Record<string, Partial<Quirks>>> = {
  developer: { instructions: "system" },
  cache_control: { cacheControl: false },
  tool_choice: { toolChoice: "auto" },
  "tool_choice=function": { toolChoice: "required" },
  "tool_choice with thinking": { toolChoice: "unless_thinking" },
  "messages with system inside": { systemAnywhere: false },
  "messages with user behind tool": { userAfterTool: false },
  "messages with reasoning": { reasoningHistory: null, reasoningRequired: false },
  "messages without reasoning_content": { reasoningHistory: "reasoning_content", reasoningRequired: true },
};

/** The quirks, with the consequences of the lines of `without`. */
export function withConsequences(quirks: Quirks): Quirks {
  const lines = quirks.without.filter((line) => Object.hasOwn(CONSEQUENCES, line));
  return Object.assign({ ...quirks }, ...lines.map((line) => CONSEQUENCES[line]));
}

/** The gaps, as the writers of a request read them. */
export class Gaps {
  readonly #lines: ReadonlySet<string>;

  constructor(lines: readonly string[]) {
    this.#lines = new Set(lines);
  }

  /** Whether the parameter is left out; with a `value`, whether that value is not used. */
  has(name: string, value?: string): boolean {
    return this.#lines.has(value === undefined ? name : `${name}=${value}`);
  }

  with(name: string, other: string): boolean {
    return this.#lines.has(`${name} with ${other}`);
  }

  /** The values of the parameter that are used; null if that is not known. */
  list(name: string): string[] | null {
    const head = `${name} in `;
    for (const line of this.#lines) if (line.startsWith(head)) return line.slice(head.length).split(",");
    return null;
  }

  /** The largest value of a number; infinite if that is not known. */
  most(name: string): number {
    let most = Number.POSITIVE_INFINITY;
    for (const line of this.#lines) {
      if (line.startsWith(`${name}<=`)) most = Math.min(most, Number(line.slice(name.length + 2)));
    }
    return most > 0 ? most : Number.POSITIVE_INFINITY;
  }
}
