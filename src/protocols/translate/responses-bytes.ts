/**
 * The lane between two ends that speak Responses: the client's own bytes, piped natively. Another provider may have answered a part
 * of the conversation. What it wants back is in items that look like OpenAI's, and OpenAI refuses the whole request for it. So those
 * items are removed, and a summary that the relay has made is sent as what it is, a text. An organisation cannot read what another
 * has encrypted: if a request is refused for that, it is sent once more without reasoning.
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

/** What an item becomes: nothing if it is removed, the same item if nothing has to change. */
type Becomes = (item: Json) => Json[];

function ownItem(item: Json): Json[] {
  if (!isCarried(text(item.encrypted_content) ?? "")) return [item];
  const summary = COMPACTIONS.has(item.type) ? compactedIn(item) : null;
  return summary === null ? [] : [{ type: "message", role: "user", content: summary }];
}

/** Removes reasoning, and the ids by which OpenAI knows that there was some. */
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
