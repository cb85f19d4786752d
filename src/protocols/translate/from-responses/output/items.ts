/** Decides which item of the output a block of the hub begins. */
import type { HubAnswerBlock } from "../../hub.ts";
import type { ToolNames } from "../tool-names.ts";
import { callItem } from "./calls.ts";
import type { OutputItem, Place } from "./item.ts";
import { MessageItem } from "./message.ts";
import { ReasoningItem, RedactedItem } from "./reasoning.ts";
import { SearchItem } from "./search.ts";

export interface Making {
  names: ToolNames;
  /** Whether the client wants to know which pages a search has found. */
  sources: boolean;
}

export function itemFor(block: HubAnswerBlock, place: Place, { names, sources }: Making): OutputItem {
  switch (block.type) {
    case "text":
      return new MessageItem(place);
    case "thinking":
      return new ReasoningItem(place);
    case "redacted_thinking":
      return new RedactedItem(place, block);
    case "tool_use":
      return callItem(block, place, names.called(block.name));
    case "server_tool_use":
      return new SearchItem(place, { id: block.id, query: block.input.query ?? "" }, sources);
    case "web_search_tool_result":
      return new SearchItem(place, { id: block.tool_use_id, query: "" }, sources, block);
  }
}
