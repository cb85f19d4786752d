/** Puts the events of an answer together to a whole one, the inverse of `eventsOf` (compose.ts). So a reader reads in one way only. */
import { argumentsIn } from "./arguments.ts";
import type { HubAnswer, HubAnswerBlock, HubError, HubEvent, Json } from "./hub.ts";

/** What has come for the open block. */
interface Filling {
  texts: string[];
  citations: Json[];
  signature: string;
}

/** Null if the events have no end. */
export function collected(events: readonly HubEvent[]): HubAnswer | { error: HubError } | null {
  let id = "";
  const content: HubAnswerBlock[] = [];
  let open: HubAnswerBlock | null = null;
  let filling: Filling = { texts: [], citations: [], signature: "" };
  for (const event of events) {
    switch (event.type) {
      case "start":
        id = event.id;
        break;
      case "open":
        open = event.block;
        filling = { texts: [], citations: [], signature: "" };
        break;
      case "delta":
        filling.texts.push(event.text);
        break;
      case "citation":
        filling.citations.push(event.citation);
        break;
      case "signature":
        filling.signature = event.signature;
        break;
      case "close":
        if (open) content.push(filled(open, filling));
        break;
      case "end":
        return { id, content, stopReason: event.stopReason, stopSequence: event.stopSequence, usage: event.usage };
      case "error":
        return { error: event.error };
    }
  }
  return null;
}

function filled(block: HubAnswerBlock, { texts, citations, signature }: Filling): HubAnswerBlock {
  const text = texts.join("");
  switch (block.type) {
    case "text":
      return { ...block, text, ...(citations.length > 0 && { citations }) };
    case "thinking":
      return { ...block, thinking: text, signature };
    case "tool_use":
      // A tool cannot be called with anything that is no object.
      return { ...block, input: argumentsIn(text) ?? {} };
    default:
      return block;
  }
}
