/**
 * Compaction: OpenAI replaces a conversation by a summary, in an item that the client sends along from then on and cannot read. Here
 * the model is asked for the summary as for any text, and the item carries that text. The item says that it is the relay's
 * (carried.ts). It is no secret, and no other service is made to believe that it is its own.
 */
import { array, object, text } from "../../../ground/json.ts";
import { carriedFrom, carry } from "../carried.ts";
import type { HubRequest, Json } from "../hub.ts";

/** The types of the items that stand for a conversation. */
export const COMPACTIONS: ReadonlySet<unknown> = new Set(["compaction", "compaction_summary", "context_compaction"]);

/** Codex asks for a compaction by this item at the end of its input. Its older versions use a route of their own. */
export function asksForCompaction({ input }: Json): boolean {
  return object(array(input).at(-1))?.type === "compaction_trigger";
}

/** The model is asked in the middle of its work, so the text says what it will need later. */
const ASKING =
  "From here on, a summary takes the place of this whole conversation. Write that summary now: what the user wants, in the user's own " +
  "words where they matter; what was decided and done, with the names of files, commands and their results; what is still open, " +
  "and what you were about to do. You will have nothing else to go on. Answer with the summary alone, and call no tool.";

/** The request for a summary of `hub`'s conversation. All that a prompt cache compares first stays the same. */
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

/** The summary in such an item; null if another service has made it. */
export function compactedIn({ encrypted_content: encrypted }: Json): string | null {
  const summary = carriedFrom("relay", text(encrypted) ?? "");
  return summary === null ? null : `Summary of the conversation so far:\n\n${summary}`;
}
