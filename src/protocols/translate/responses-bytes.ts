/**
 * The lane between two that speak Responses: the client's own bytes, piped natively. But a conversation may have been elsewhere in
 * between. What another provider wants back stands in its items as if it were OpenAI's, which refuses the whole request for it; so
 * those items stay behind, and a summary of the relay's own making is told as what it is. And what one organisation has encrypted no
 * other can read: refused for that, the request goes once more without reasoning.
 */
import { array, object, text } from "../../ground/json.ts";
import { scanTopLevel, splice } from "../scan.ts";
import { isCarried } from "./carried.ts";
import { compactedIn } from "./from-responses/compaction.ts";
import type { Json } from "./hub.ts";
import { bytesOf, type Lane, type LaneRequest, type OpenLane, renamed } from "./lane.ts";
import { faultIn, isAboutReasoning } from "./to-responses/instead.ts";

export const RESPONSES_BYTES: Lane = {
  open: (request, { model }) => {
    const own = request.carries ? withItems(request, model, ownItem) : bytesOf(request, model);
    const instead = (error: string) => {
      const fault = faultIn(error);
      return fault && isAboutReasoning(fault) ? { lane: withItems(request, model, unreasoned), lacks: null } : null;
    };
    return { ok: true, value: { ...own, instead } };
  },
};

/** What becomes of an item; none for one that stays behind, the same for one that is as it should be. */
type Change = (item: Json) => Json[];

const COMPACTIONS = new Set<unknown>(["compaction", "compaction_summary", "context_compaction"]);

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

/** The request with other items, and every byte beside them as it was. */
function withItems(request: LaneRequest, model: string, change: Change): OpenLane {
  return { ...bytesOf(request, model), body: () => changed(request, model, change) };
}

function changed(request: LaneRequest, model: string, change: Change): Uint8Array {
  const input = array(request.json()?.input);
  const items = input.flatMap((item) => (object(item) ? change(item as Json) : [item]));
  const scan = scanTopLevel(request.body, INPUT);
  const at = scan.ok ? scan.members.get("input") : undefined;
  const isSame = items.length === input.length && items.every((item, index) => item === input[index]);
  if (!at || isSame) return renamed(request, model);
  const { modelAt } = request;
  // The one that stands behind first: so the other is still where it was.
  if (modelAt && modelAt.start > at.start) return splice(renamed(request, model), at, items);
  return renamed({ ...request, body: splice(request.body, at, items) }, model);
}

const INPUT = new Set(["input"]);
