/** The tools of a request, and which of them the model should call. */
import type { Findings } from "../findings.ts";
import type { HubMessage, HubRequest, HubTool, HubWebSearch, Json } from "../hub.ts";
import type { Names } from "../names.ts";
import { argumentsSchema } from "../openai-schema.ts";
import type { ClaudeModel } from "./models.ts";
import { closedSchema } from "./schema.ts";

const SEARCH = "web_search";

export function toolsWritten(tools: readonly HubTool[], names: Names, model: ClaudeModel, findings: Findings): Json[] {
  const isTaken = tools.some((tool) => tool.type === "function" && tool.name === SEARCH);
  return tools.flatMap((tool): Json[] => {
    if (tool.type === "function") {
      const { type: _, strict, input_schema, ...own } = tool;
      const isStrict = strict === true && model.structured;
      const schema = argumentsSchema(input_schema);
      return [
        {
          ...own,
          name: names.to(tool.name),
          input_schema: isStrict ? closedSchema(schema) : schema,
          ...(isStrict && { strict }),
        },
      ];
    }
    // A tool of the client has the name of Anthropic's tool.
    if (isTaken) findings.drop(`tools[${SEARCH}]`);
    return isTaken ? [] : [searchWritten(tool)];
  });
}

function searchWritten({ type: _, user_location, ...own }: HubWebSearch): Json {
  const place = user_location && { user_location: { type: "approximate", ...user_location } };
  return { type: "web_search_20250305", name: SEARCH, ...own, ...place };
}

/** The tools that a conversation must have had, with nothing known but their names. */
export function toolsCalledIn(messages: readonly HubMessage[]): HubTool[] {
  const calls = messages.flatMap(({ content }) => content.filter((block) => block.type === "tool_use"));
  const names = new Set(calls.map(({ name }) => name));
  return [...names].map((name) => ({ type: "function", name, input_schema: { type: "object", properties: {} } }));
}

/** Whether the model has to call a tool. */
export function isForced({ toolChoice }: Pick<HubRequest, "toolChoice">): boolean {
  return toolChoice?.type === "any" || toolChoice?.type === "tool";
}

/** `tool_choice`; null if it is left out. */
export function choiceWritten(hub: HubRequest, names: Names, model: ClaudeModel, findings: Findings): Json | null {
  const { toolChoice, disableParallelToolUse, tools } = hub;
  if (tools.length === 0) return null;
  const parallel = disableParallelToolUse ? { disable_parallel_tool_use: true } : null;
  if (isForced(hub) && !model.forcedTools) {
    findings.drop("tool_choice");
    return parallel && { type: "auto", ...parallel };
  }
  if (toolChoice?.type === "none") return { type: "none" };
  if (toolChoice?.type === "tool") return { type: "tool", name: names.to(toolChoice.name), ...parallel };
  if (toolChoice) return { type: toolChoice.type, ...parallel };
  return parallel && { type: "auto", ...parallel };
}
