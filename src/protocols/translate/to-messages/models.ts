/**
 * What each of Claude's models takes of the Messages API, by its name: the API refuses a request for one parameter that a model
 * has lost. Facts: Anthropic's pages on models, thinking (troubleshooting), effort, and the migration guides up to Claude 5.5
 * (November 2026). A model that comes later is taken for the latest of its kind; what is wrong about that, its 400 tells
 * (instead.ts).
 */
import type { Effort } from "../hub.ts";

export interface ClaudeModel {
  /** The most tokens that an answer has; null where that is not known. */
  mostOutput: number | null;
  /** How it is asked to think. */
  thinking: "none" | "budget" | "adaptive";
  /** How it is kept from that; `never`: it cannot be. */
  thinkingOff: "disabled" | "between_tools" | "never";
  /** It thinks where a request says nothing of it. */
  thinksByDefault: boolean;
  /** Whether what it thinks is to be shown is said; its own default is to hide it. */
  hidesThinking: boolean;
  /** The words for its effort; none: it takes no word. */
  efforts: readonly Effort[];
  /** `one`: temperature or top_p, not both. */
  sampling: "both" | "one" | "none";
  /** A conversation may end with the beginning of the answer. */
  prefill: boolean;
  /** It may be made to call a tool. */
  forcedTools: boolean;
  /** It may be made to call a tool while it thinks. */
  forcedWhileThinking: boolean;
  /** System messages may stand in the midst of a conversation. */
  systemAnywhere: boolean;
  /** Answers and arguments may be bound to a schema. */
  structured: boolean;
  /** It is Claude: it signs its thinking and takes no other back; its prompt cache works by breakpoints. */
  isClaude: boolean;
}

type Family = "opus" | "sonnet" | "haiku" | "fable" | "mythos";

/** The facts of a model by whatever name a provider has for it: `us.anthropic.claude-opus-4-6-v1`, `anthropic/claude-opus-4.6`. */
export function claudeModel(name: string): ClaudeModel {
  const named = name.toLowerCase();
  const [, family, major, minor] = named.match(NAME) ?? [];
  if (family && major) return factsOf(family as Family, versionOf(major, minor));
  const [, oldMajor, oldMinor, oldFamily] = named.match(OLD_NAME) ?? [];
  if (oldFamily && oldMajor) return factsOf(oldFamily as Family, versionOf(oldMajor, oldMinor));
  if (named.includes("claude-mythos-preview")) return factsOf("mythos", 406);
  return { ...UNKNOWN, isClaude: named.includes("claude") };
}

/** A date may stand where the minor version does: `claude-sonnet-4-20250514`. */
const NAME = /claude-(opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/;
const OLD_NAME = /claude-(\d)(?:[-.](\d))?-(opus|sonnet|haiku)/;

/** 4.5 as 405. */
function versionOf(major: string, minor: string | undefined): number {
  return Number(major) * 100 + Number(minor ?? 0);
}

/** Another vendor's model on a service that speaks the Messages API: the plainest form, and its thinking back as it was. */
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
