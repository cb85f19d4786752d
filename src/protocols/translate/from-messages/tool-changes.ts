/**
 * Tools that system messages in the middle of a conversation add and remove. Other providers have one list of tools for the whole
 * request. It becomes the list that is valid at the end of the conversation.
 */
import { array, isObject } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { HubTool } from "../hub.ts";
import { toolIn } from "./tools.ts";

/** `tools` with the changes that the messages make to them; the same list if there are none. */
export function toolsChangedBy(messages: unknown, tools: HubTool[], findings: Findings): HubTool[] {
  const changes = array(messages).flatMap((message, index) =>
    isObject(message) && message.role === "system" ? changesIn(message.content, `messages.${index}.content`) : [],
  );
  if (changes.length === 0) return tools;
  const known = new Map(tools.map((tool) => [nameOf(tool), tool]));
  const offered = new Map(known);
  for (const { adds, tool, at } of changes) {
    const name = typeof tool.name === "string" ? tool.name : "";
    if (!adds) {
      offered.delete(name);
      continue;
    }
    const added = tool.type === "tool_definition" ? toolIn(tool.definition, at, findings) : listed(known.get(name));
    for (const each of added) {
      known.set(nameOf(each), each);
      offered.set(nameOf(each), each);
    }
  }
  return [...offered.values()];
}

interface Change {
  adds: boolean;
  tool: Record<string, unknown>;
  at: string;
}

function changesIn(content: unknown, at: string): Change[] {
  return array(content).flatMap((block, index) => {
    if (!isObject(block) || !isObject(block.tool)) return [];
    if (block.type !== "tool_addition" && block.type !== "tool_removal") return [];
    return [{ adds: block.type === "tool_addition", tool: block.tool, at: `${at}.${index}.tool` }];
  });
}

function nameOf(tool: HubTool): string {
  return tool.type === "function" ? tool.name : "web_search";
}

function listed(tool: HubTool | undefined): HubTool[] {
  return tool ? [tool] : [];
}
