/**
 * Compaction: OpenAI puts a summary in the place of a conversation, in an item that the client sends along from then on and cannot
 * read. Here the model is asked for the summary as for any text, and the item carries that: it says whose it is (carried.ts), it
 * is no secret, and no other service is led to believe that it was its own.
 */
import { array, object, text } from "../../../ground/json.ts";
import { carriedFrom, carry } from "../carried.ts";
import type { HubRequest, Json } from "../hub.ts";

/** The types of the items that stand for a conversation. */
export const COMPACTIONS: ReadonlySet<unknown> = new Set(["compaction", "compaction_summary", "context_compaction"]);

/** Codex asks for it by this item at the end of its input; its older versions by a route of its own. */
export function asksForCompaction({ input }: Json): boolean {
  return object(array(input).at(-1))?.type === "compaction_trigger";
}

/** The model is asked in the middle of its work, so it is told what it will need. */
const ASKING =
  "From here on, a summary takes the place of this whole conversation. Write that summary now: what the user wants, in the user's own " +
  "words where they matter; what was decided and done, with the names of files, commands and their results; what is still open, " +
  "and what you were about to do. You will have nothing else to go on. Answer with the summary alone, and call no tool.";

/** The request for a summary of `hub`'s conversation: the same in all that a prompt cache looks at first. */
export function forSummary(hub: HubRequest): HubRequest {
  return {
    ...hub,
    messages: [...hub.messages, { role: "user", content: [{ type: "text", text: ASKING }] }],
    toolChoice: hub.tools.length > 0 ? { type: "none" } : null,
    disableParallelToolUse: false,
    format: null,
    verbosity: null,
  };
}

/** The `encrypted_content` of an item that stands for the conversation. */
export function compacted(summary: string): string {
  return carry("relay", summary);
}

/** What such an item says; null for one that another service has made. */
export function compactedIn({ encrypted_content: encrypted }: Json): string | null {
  const summary = carriedFrom("relay", text(encrypted) ?? "");
  return summary === null ? null : `Summary of the conversation so far:\n\n${summary}`;
}
