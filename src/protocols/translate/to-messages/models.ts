/**
 * What each of Claude's models accepts of the Messages API, by name. The API refuses a request for a single parameter that a model no
 * longer has. Facts: Anthropic's pages on models, thinking (troubleshooting), effort, and the migration guides up to Claude 5.5
 * (November 2026). A later model is treated as the latest of its kind. If that is wrong, the 400 of the API tells in what
 * (instead.ts).
 */
import type { Effort } from "../hub.ts";

export interface ClaudeModel {
  /** The most tokens of an answer; null if unknown. */
  mostOutput: number | null;
  /** How the model is asked to think. */
  thinking: "none" | "budget" | "adaptive";
  /** How its thinking is turned off. `never`: it cannot be. */
  thinkingOff: "disabled" | "between_tools" | "never";
  /** Whether it thinks if the request says nothing about thinking. */
  thinksByDefault: boolean;
  /** Whether it hides its thinking by default, so that the request must say whether to show it. */
  hidesThinking: boolean;
  /** The efforts that it accepts; empty if it accepts none. */
  efforts: readonly Effort[];
  /** `one`: temperature or top_p, but not both. */
  sampling: "both" | "one" | "none";
  /** Whether a conversation may end with the beginning of the answer. */
  prefill: boolean;
  /** Whether it may be forced to call a tool. */
  forcedTools: boolean;
  /** Whether it may be forced to call a tool while it thinks. */
  forcedWhileThinking: boolean;
  /** Whether system messages may be in the middle of a conversation. */
  systemAnywhere: boolean;
  /** Whether answers and arguments may be bound to a schema. */
  structured: boolean;
  /** Whether it is Claude: it signs its thinking and accepts no other, and its prompt cache works by breakpoints. */
  isClaude: boolean;
}

type Family = "opus" | "sonnet" | "haiku" | "fable" | "mythos";

/** The facts of a model, under any provider's name: `us.anthropic.claude-opus-4-6-v1`, `anthropic/claude-opus-4.6`. */
export function claudeModel(name: string): ClaudeModel {
  const named = name.toLowerCase();
  const [, family, major, minor] = named.match(NAME) ?? [];
  if (family && major) return factsOf(family as Family, versionOf(major, minor));
  const [, oldMajor, oldMinor, oldFamily] = named.match(OLD_NAME) ?? [];
  if (oldFamily && oldMajor) return factsOf(oldFamily as Family, versionOf(oldMajor, oldMinor));
  if (named.includes("claude-mythos-preview")) return factsOf("mythos", 406);
  return { ...UNKNOWN, isClaude: named.includes("claude") };
}

/** A date may be in the place of the minor version: `claude-sonnet-4-20250514`. */
const NAME = /claude-(opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/;
const OLD_NAME = /claude-(\d)(?:[-.](\d))?-(opus|sonnet|haiku)/;

/** 4.5 as 405. */
function versionOf(major: string, minor: string | undefined): number {
  return Number(major) * 100 + Number(minor ?? 0);
}

/** Another vendor's model on a service that speaks the Messages API: the plainest form, and its thinking goes back unchanged. */
const UNKNOWN: ClaudeModel = {
  ...{ mostOutput: null, thinking: "budget", thinkingOff: "disabled", thinksByDefault: true, hidesThinking: false },
  ...{ efforts: [], sampling: "both", prefill: true, forcedTools: true, forcedWhileThinking: true },
  ...{ systemAnywhere: false, structured: false, isClaude: false },
};

function factsOf(family: Family, version: number): ClaudeModel {
  return {
    mostOutput: mostOutputOf(family, version),
    thinking: version < 307 ? "none" : version < 406 ? "budget" : "adaptive",
    thinkingOff: thinkingOffOf(family, version),
    thinksByDefault: version >= 500,
    hidesThinking: version >= 407,
    efforts: effortsOf(family, version),
    sampling: version < 401 ? "both" : version < 407 ? "one" : "none",
    prefill: version < 406,
    forcedTools: version < FORCED_TOOLS_UNTIL[family],
    forcedWhileThinking: family === "fable" || family === "mythos",
    systemAnywhere: version >= SYSTEM_ANYWHERE_FROM[family],
    structured: version >= 405,
    isClaude: true,
  };
}

const SYSTEM_ANYWHERE_FROM: Record<Family, number> = { opus: 408, sonnet: 505, haiku: 505, fable: 500, mythos: 500 };

const FORCED_TOOLS_UNTIL: Record<Family, number> = { opus: 505, sonnet: 505, haiku: Infinity, fable: 501, mythos: 501 };

function mostOutputOf(family: Family, version: number): number {
  if (version < 305) return 4_096;
  if (version < 307) return 8_192;
  if (family === "opus" && version < 405) return 32_000;
  return version < 406 ? 64_000 : 128_000;
}

function thinkingOffOf(family: Family, version: number): ClaudeModel["thinkingOff"] {
  if ((family === "fable" || family === "mythos") && version >= 500) return "never";
  if (family === "opus" && version >= 505) return "never";
  return family === "sonnet" && version >= 505 ? "between_tools" : "disabled";
}

function effortsOf(family: Family, version: number): readonly Effort[] {
  if (version < 405 || (version === 405 && family !== "opus")) return [];
  if (version === 405) return ["low", "medium", "high"];
  return version === 406 ? ["low", "medium", "high", "max"] : ["low", "medium", "high", "xhigh", "max"];
}
