/**
 * The tools of a Messages request, and which of them the model should call. A tool that Anthropic runs, or has trained its models to
 * use, has no schema that could be given to another provider. It is left out and named.
 */
import { isObject } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { HubFunction, HubTool, HubToolChoice, HubWebSearch, Json } from "../hub.ts";
import { cacheOf } from "./blocks.ts";

export interface Choice {
  toolChoice: HubToolChoice | null;
  disableParallelToolUse: boolean;
}

export function toolsIn(value: unknown, findings: Findings): HubTool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    findings.refuse("tools", "it is no list");
    return [];
  }
  return value.flatMap((tool, index) => toolIn(tool, `tools.${index}`, findings));
}

/** The tool of a definition; none if it cannot be carried over. */
export function toolIn(tool: unknown, at: string, findings: Findings): HubTool[] {
  if (!isObject(tool)) {
    findings.refuse(at, "it is no object");
    return [];
  }
  const { type, name } = tool;
  if (typeof type === "string" && /^web_search_\d+$/.test(type)) return [webSearch(tool)];
  if (typeof type === "string" && type !== "custom" && !isObject(tool.input_schema)) {
    findings.drop(`tools[${typeof name === "string" ? name : type}]`);
    return [];
  }
  return functionIn(tool, at, findings);
}

/** Members that only tell Anthropic how to handle a tool. */
const WITHOUT_COUNTERPART = ["defer_loading", "eager_input_streaming", "input_examples", "allowed_callers"];

function functionIn(tool: Json, at: string, findings: Findings): HubFunction[] {
  const { name, description, input_schema, strict } = tool;
  if (typeof name !== "string" || name === "") {
    findings.refuse(`${at}.name`, "a tool needs a name");
    return [];
  }
  if (input_schema !== undefined && input_schema !== null && !isObject(input_schema)) {
    findings.refuse(`${at}.input_schema`, "it is no schema");
    return [];
  }
  for (const member of WITHOUT_COUNTERPART) if (hasEffect(tool[member])) findings.drop(`tools.${member}`);
  return [
    {
      type: "function",
      name,
      ...(typeof description === "string" && { description }),
      input_schema: schemaOf(input_schema ?? {}),
      ...(typeof strict === "boolean" && { strict }),
      ...cacheOf(tool),
    },
  ];
}

function hasEffect(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && !(value.length === 1 && value[0] === "direct");
  return value !== undefined && value !== null && value !== false;
}

/** Several providers refuse a schema of an object that does not state its type, or has no properties. */
function schemaOf(schema: Json): Json {
  if (typeof schema.type === "string" && schema.type !== "object") return schema;
  if (schema.type === "object" && isObject(schema.properties)) return schema;
  return { ...schema, type: "object", properties: isObject(schema.properties) ? schema.properties : {} };
}

function webSearch({ max_uses, allowed_domains, blocked_domains, user_location }: Json): HubWebSearch {
  const allowed = texts(allowed_domains);
  const blocked = texts(blocked_domains);
  const place = isObject(user_location) ? placeIn(user_location) : {};
  return {
    type: "web_search",
    ...(typeof max_uses === "number" && Number.isInteger(max_uses) && max_uses > 0 && { max_uses }),
    ...(allowed.length > 0 && { allowed_domains: allowed }),
    ...(blocked.length > 0 && { blocked_domains: blocked }),
    ...(Object.keys(place).length > 0 && { user_location: place }),
  };
}

function placeIn(location: Json): NonNullable<HubWebSearch["user_location"]> {
  const { city, region, country, timezone } = location;
  return {
    ...(typeof city === "string" && { city }),
    ...(typeof region === "string" && { region }),
    ...(typeof country === "string" && { country }),
    ...(typeof timezone === "string" && { timezone }),
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** `tool_choice`. If it forces a tool that was left out, it is left out too, because every provider would refuse it. */
export function choiceIn(value: unknown, tools: readonly HubTool[], findings: Findings): Choice {
  if (value === undefined || value === null) return NO_CHOICE;
  const toolChoice = isObject(value) ? choiceOf(value) : null;
  if (!toolChoice || !isObject(value)) {
    findings.refuse("tool_choice", "it is none of auto, any, tool (with a name) and none");
    return NO_CHOICE;
  }
  const disableParallelToolUse = value.disable_parallel_tool_use === true && tools.length > 0;
  if (isPossible(toolChoice, tools)) return { toolChoice, disableParallelToolUse };
  if (toolChoice.type === "any" || toolChoice.type === "tool") findings.drop("tool_choice");
  return { toolChoice: null, disableParallelToolUse };
}

const NO_CHOICE: Choice = { toolChoice: null, disableParallelToolUse: false };

function choiceOf({ type, name }: Json): HubToolChoice | null {
  if (type === "auto" || type === "any" || type === "none") return { type };
  return type === "tool" && typeof name === "string" ? { type, name } : null;
}

function isPossible(choice: HubToolChoice, tools: readonly HubTool[]): boolean {
  if (choice.type !== "tool") return tools.length > 0;
  return tools.some((tool) => (tool.type === "function" ? tool.name : "web_search") === choice.name);
}
