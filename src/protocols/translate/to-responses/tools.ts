/** Tools, and which of them the model is to call, as the Responses API has them. */
import type { FunctionTool, ResponseCreateParams, WebSearchTool } from "openai/resources/responses/responses";
import type { HubFunction, HubRequest, HubWebSearch } from "../hub.ts";
import type { Names } from "../names.ts";
import { argumentsSchema, mayBeStrict } from "../openai-schema.ts";

/** The name under which the search is left out if an upstream has none. */
export const WEB_SEARCH = "tools[web_search]";

export interface WrittenTools {
  members: Pick<ResponseCreateParams, "tools" | "tool_choice" | "parallel_tool_calls" | "max_tool_calls">;
  searches: boolean;
  dropped: string[];
}

const NO_TOOLS: WrittenTools = { members: {}, searches: false, dropped: [] };

export function toolMembers(hub: HubRequest, names: Names, hasSearch: boolean): WrittenTools {
  const functions = hub.tools.filter((tool) => tool.type === "function");
  const found = hub.tools.find((tool) => tool.type === "web_search");
  const search = hasSearch ? found : undefined;
  const dropped = found && !search ? [WEB_SEARCH] : [];
  if (functions.length === 0 && !search) return { ...NO_TOOLS, dropped };
  if (search?.blocked_domains) dropped.push("tools.blocked_domains");
  const tools = [
    ...functions.map((tool) => functionTool(tool, names, dropped)),
    ...(search ? [searchTool(search)] : []),
  ];
  const choice = choiceOf(hub, names, functions, search !== undefined, dropped);
  return {
    members: {
      tools,
      ...(choice && { tool_choice: choice }),
      // True is OpenAI's default, and some models refuse the parameter.
      ...(hub.disableParallelToolUse && { parallel_tool_calls: false }),
      // The search is the only tool here that OpenAI runs itself.
      ...(search?.max_uses !== undefined && { max_tool_calls: search.max_uses }),
    },
    searches: search !== undefined,
    dropped,
  };
}

function functionTool({ name, description, input_schema, strict }: HubFunction, names: Names, dropped: string[]) {
  const parameters = argumentsSchema(input_schema);
  const isStrict = strict === true && mayBeStrict(parameters);
  if (strict === true && !isStrict) dropped.push("tools.strict");
  // If `strict` is left out, OpenAI takes it for true, and changes the schema or refuses it.
  const tool: FunctionTool = { type: "function", name: names.to(name), parameters, strict: isStrict };
  return description === undefined ? tool : { ...tool, description };
}

function searchTool({ allowed_domains, user_location }: HubWebSearch): WebSearchTool {
  return {
    type: "web_search",
    ...(allowed_domains && { filters: { allowed_domains: allowed_domains.map(hostOf) } }),
    ...(user_location && { user_location: { type: "approximate", ...user_location } }),
  };
}

/** Anthropic's entries may name a part of a site. */
function hostOf(domain: string): string {
  return domain.split("/", 1)[0] ?? domain;
}

function choiceOf(
  { toolChoice }: HubRequest,
  names: Names,
  functions: readonly HubFunction[],
  searches: boolean,
  dropped: string[],
): ResponseCreateParams["tool_choice"] | null {
  if (!toolChoice) return null;
  switch (toolChoice.type) {
    case "any":
      return "required";
    case "tool": {
      const { name } = toolChoice;
      if (functions.some((tool) => tool.name === name)) return { type: "function", name: names.to(name) };
      if (searches && name === "web_search") return onlySearch(functions);
      // The choice forces a tool that was left out, so every request would be refused.
      dropped.push("tool_choice");
      return null;
    }
    default:
      return toolChoice.type;
  }
}

/** If nothing else can be called, the word that every service knows. */
function onlySearch(functions: readonly HubFunction[]): ResponseCreateParams["tool_choice"] {
  if (functions.length === 0) return "required";
  // OpenAI accepts it, but the SDK's types have only the name of its predecessor.
  return { type: "web_search" } as unknown as ResponseCreateParams["tool_choice"];
}
