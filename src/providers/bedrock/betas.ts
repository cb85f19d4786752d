/**
 * The beta features that Bedrock accepts, model by model. For a beta that a model does not accept, it refuses the whole request
 * ("invalid beta flag"; anthropics/claude-code#49370, #49648, #30926). So betas that are not known to be accepted are left out, and
 * the client is told. Sources: AWS, "Anthropic Claude Messages API" and its pages on tools, thinking and compaction; Anthropic, "Tool
 * search" and "Tool use examples", for the names on Bedrock. Read in November 2026.
 */

const OF_CLAUDE_4 = [
  "computer-use-2025-01-24",
  "token-efficient-tools-2025-02-19",
  "fine-grained-tool-streaming-2025-05-14",
  "interleaved-thinking-2025-05-14",
  "dev-full-thinking-2025-05-14",
  "context-management-2025-06-27",
];

/** By a part of the model's id; the first match counts. For a model that is not listed, no beta is known. */
const BETAS: readonly [model: RegExp, betas: readonly string[]][] = [
  [/claude-opus-4-[78]/, ["computer-use-2025-11-24"]],
  [/claude-(?:opus|sonnet)-4-6/, ["computer-use-2025-11-24", "context-1m-2025-08-07", "compact-2026-01-12"]],
  [
    /claude-opus-4-5/,
    [
      ...OF_CLAUDE_4,
      "computer-use-2025-11-24",
      "effort-2025-11-24",
      "tool-search-tool-2025-10-19",
      "tool-examples-2025-10-29",
    ],
  ],
  [/claude-sonnet-4-5/, [...OF_CLAUDE_4, "context-1m-2025-08-07", "tool-search-tool-2025-10-19"]],
  [/claude-haiku-4-5/, OF_CLAUDE_4],
  [/claude-(?:opus|sonnet)-4-(?:1-)?2025/, [...OF_CLAUDE_4, "context-1m-2025-08-07"]],
  [/claude-3-7-sonnet/, ["computer-use-2025-01-24", "token-efficient-tools-2025-02-19", "output-128k-2025-02-19"]],
  [/claude-3-5-sonnet-20241022/, ["computer-use-2024-10-22"]],
];

/** Betas whose name at Bedrock differs from that of Anthropic's own API. */
const RENAMED: Readonly<Record<string, string>> = { "advanced-tool-use-2025-11-20": "tool-search-tool-2025-10-19" };

/** The betas that the model of this id accepts, under Bedrock's names, and those that are left out. */
export function betasFor(id: string, asked: readonly string[]): { taken: string[]; dropped: string[] } {
  const known = BETAS.find(([pattern]) => pattern.test(id))?.[1] ?? [];
  const taken = new Set<string>();
  const dropped: string[] = [];
  for (const beta of new Set(asked)) {
    const own = RENAMED[beta] ?? beta;
    if (known.includes(own)) taken.add(own);
    else dropped.push(beta);
  }
  return { taken: [...taken], dropped };
}
