/**
 * Breakpoints of the prompt cache. Anthropic caches nothing that has none, and the other APIs have no word for one, since their
 * providers cache by themselves: a Chat or Codex user would pay ten times as much for a long conversation. So a request without
 * any gets them: behind its tools and instructions, which stay the same, and, where it is a conversation and no single question,
 * behind the user's last two messages: the older one is where the request before this one ended, the newer where the next begins. A single
 * question would pay a quarter more for a cache that nobody reads.
 */
import { isObject } from "../../../ground/json.ts";
import type { Json } from "../hub.ts";
import type { Turn } from "./conversation.ts";

export interface Prompt {
  tools: Json[];
  system: Json[];
  messages: Turn[];
}

/** More are refused. */
const MOST = 4;
const EPHEMERAL = { type: "ephemeral" };

/** The prompt, with as many breakpoints as the API takes. `adds`: those of the relay's own where the client has none. */
export function withBreakpoints(prompt: Prompt, adds: boolean): Prompt {
  const places = [prompt.tools, prompt.system, ...prompt.messages.map(({ content }) => content)];
  const marked = places.flatMap((blocks) => blocks.filter(({ cache_control }) => isObject(cache_control)));
  if (marked.length > MOST) return withoutMarks(prompt, new Set(marked.slice(MOST - 1, -1)));
  return marked.length > 0 || !adds ? prompt : marking(prompt);
}

/** The first stay, which what does not change has, and the last. */
function withoutMarks({ tools, system, messages }: Prompt, superfluous: ReadonlySet<Json>): Prompt {
  const kept = (blocks: Json[]) =>
    blocks.map((block) => {
      if (!superfluous.has(block)) return block;
      const { cache_control: _, ...own } = block;
      return own;
    });
  return {
    tools: kept(tools),
    system: kept(system),
    messages: messages.map(({ role, content }) => ({ role, content: kept(content) })),
  };
}

function marking({ tools, system, messages }: Prompt): Prompt {
  const isConversation = tools.length > 0 || messages.some(({ role }) => role === "assistant");
  const lastOfUser = isConversation ? lastTwoOfUser(messages) : [];
  return {
    tools: system.length === 0 ? markedLast(tools) : tools,
    system: markedLast(system),
    messages: messages.map((turn, index) =>
      lastOfUser.includes(index) ? { role: turn.role, content: markedLast(turn.content) } : turn,
    ),
  };
}

function lastTwoOfUser(messages: readonly Turn[]): number[] {
  const last = messages.findLastIndex(({ role }) => role === "user");
  const before = messages.findLastIndex(({ role }, index) => role === "user" && index < last);
  return [last, before].filter((index) => index >= 0);
}

function markedLast(blocks: Json[]): Json[] {
  const last = blocks.at(-1);
  return last ? [...blocks.slice(0, -1), { ...last, cache_control: EPHEMERAL }] : blocks;
}
