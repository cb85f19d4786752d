/**
 * Breakpoints of the prompt cache. Anthropic caches nothing without them. The other APIs have no word for them, because their
 * providers cache by themselves, so a Chat or Codex user would pay ten times as much for a long conversation. A request without any
 * therefore gets some: after its tools and instructions, which stay the same, and, if it is a conversation, after the user's last two
 * messages: the request before this one ended at the older of them, and the next request begins with the newer. A single question gets
 * none there: it would pay a quarter more for a cache that nobody reads.
 */
import { isObject } from "../../../ground/json.ts";
import type { Json } from "../hub.ts";
import type { Turn } from "./conversation.ts";

export interface Prompt {
  tools: Json[];
  system: Json[];
  messages: Turn[];
}

/** The API refuses more. */
const MOST = 4;
const EPHEMERAL = { type: "ephemeral" };

/** The prompt with at most as many breakpoints as the API accepts. `adds`: whether the relay adds its own if the client has none. */
export function withBreakpoints(prompt: Prompt, adds: boolean): Prompt {
  const places = [prompt.tools, prompt.system, ...prompt.messages.map(({ content }) => content)];
  const marked = places.flatMap((blocks) => blocks.filter(({ cache_control }) => isObject(cache_control)));
  if (marked.length > MOST) return withoutMarks(prompt, new Set(marked.slice(MOST - 1, -1)));
  return marked.length > 0 || !adds ? prompt : marking(prompt);
}

/** Keeps the first breakpoints, which are on what does not change, and the last one. */
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
