/**
 * The lane between two that speak Responses: the client's own bytes, piped natively. But a conversation may have been elsewhere in
 * between. What another provider wants back stands in its items as if it were OpenAI's, which refuses the whole request for it; so
 * those items stay behind, and a summary of the relay's own making is told as what it is. And what one organisation has encrypted no
 * other can read: refused for that, the request goes once more without reasoning.
 */
import { array, isObject, text } from "../../ground/json.ts";
import { isCarried } from "./carried.ts";
import { type Change, changedBytes, listChange } from "./changed-bytes.ts";
import { COMPACTIONS, compactedIn } from "./from-responses/compaction.ts";
import type { Json } from "./hub.ts";
import { bytesOf, type Lane } from "./lane.ts";
import { faultIn, isAboutReasoning } from "./to-responses/instead.ts";

export const RESPONSES_BYTES: Lane = {
  open: (request, { model }) => {
    const withItems = (become: Becomes) => changedBytes(request, model, (body) => changesOf(body, become));
    const own = request.carries ? withItems(ownItem) : bytesOf(request, model);
    const instead = (error: string) => {
      const fault = faultIn(error);
      return fault && isAboutReasoning(fault) ? { lane: withItems(unreasoned), lacks: null } : null;
    };
    return { ok: true, value: { ...own, instead } };
  },
};

/** What becomes of an item; none for one that stays behind, the same for one that is as it should be. */
type Becomes = (item: Json) => Json[];

function ownItem(item: Json): Json[] {
  if (!isCarried(text(item.encrypted_content) ?? "")) return [item];
  const summary = COMPACTIONS.has(item.type) ? compactedIn(item) : null;
  return summary === null ? [] : [{ type: "message", role: "user", content: summary }];
}

/** Without reasoning, and without the ids by which OpenAI knows that there was some. */
function unreasoned(item: Json): Json[] {
  if (item.type === "reasoning") return [];
  return ownItem(item).map((own) => {
    if (!BELONG_TO_REASONING.has(own.type) || own.id === undefined) return own;
    const { id: _, ...rest } = own;
    return rest;
  });
}

const BELONG_TO_REASONING = new Set<unknown>(["message", "function_call", "custom_tool_call", "web_search_call"]);

function changesOf(body: Json, become: Becomes): Change[] {
  const input = array(body.input);
  return listChange(
    "input",
    input,
    input.flatMap((item) => (isObject(item) ? become(item) : [item])),
  );
}
