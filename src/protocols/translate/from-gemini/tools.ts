/** Google's tools, and which of them may or must be called. */
import { isObject } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import type { HubFunction, HubTool, HubToolChoice, Json } from "../hub.ts";
import { camel, listAt, objectAt, textAt } from "./fields.ts";
import { jsonSchemaOf } from "./schema.ts";

export interface Tools {
  tools: HubTool[];
  toolChoice: HubToolChoice | null;
}

export function readTools(body: Json, findings: Findings): Tools {
  const tools = listAt(body, "tools").flatMap((tool, index) => {
    if (isObject(tool)) return toolsIn(tool, `tools.${index}`, findings);
    findings.refuse(`tools.${index}`, "must be an object");
    return [];
  });
  const searches = tools.filter(({ type }) => type === "web_search").slice(0, 1);
  const functions = tools.filter((tool) => tool.type === "function");
  return chosen([...functions, ...searches], objectAt(body, "toolConfig") ?? {}, findings);
}

const SEARCHES = new Set(["googleSearch", "googleSearchRetrieval"]);

/** An entry may have several kinds of tools. */
function toolsIn(entry: Json, at: string, findings: Findings): HubTool[] {
  return Object.keys(entry).flatMap((written): HubTool[] => {
    const kind = camel(written);
    if (kind === "functionDeclarations") {
      return listAt(entry, kind).flatMap((each, index) =>
        functionOf(each, `${at}.functionDeclarations.${index}`, findings),
      );
    }
    if (SEARCHES.has(kind)) return [{ type: "web_search" }];
    findings.drop(`tools[${kind}]`);
    return [];
  });
}

function functionOf(given: unknown, at: string, findings: Findings): HubFunction[] {
  const declaration = isObject(given) ? given : {};
  const name = textAt(declaration, "name");
  if (name === null) {
    findings.refuse(`${at}.name`, "required");
    return [];
  }
  const description = textAt(declaration, "description");
  const schema = objectAt(declaration, "parametersJsonSchema") ?? objectAt(declaration, "parameters") ?? {};
  const converted = jsonSchemaOf(schema, `${at}.parameters`, findings);
  return [
    {
      type: "function",
      name,
      ...(description !== null && { description }),
      input_schema: Object.hasOwn(converted, "type") ? converted : { type: "object", properties: {}, ...converted },
    },
  ];
}

function chosen(tools: HubTool[], config: Json, findings: Findings): Tools {
  const calling = objectAt(config, "functionCallingConfig");
  if (objectAt(config, "retrievalConfig")) findings.drop("toolConfig.retrievalConfig");
  const mode = calling && textAt(calling, "mode")?.toUpperCase();
  if (!calling || !mode || mode === "MODE_UNSPECIFIED") return { tools, toolChoice: null };
  const names = new Set(listAt(calling, "allowedFunctionNames"));
  const isAllowed = (tool: HubTool) => names.size === 0 || tool.type !== "function" || names.has(tool.name);
  const allowed = tools.filter(isAllowed);
  switch (mode) {
    case "NONE":
      return { tools, toolChoice: { type: "none" } };
    case "AUTO":
    case "VALIDATED":
      return { tools: allowed, toolChoice: { type: "auto" } };
    case "ANY": {
      const [only, ...others] = allowed.filter((tool) => tool.type === "function");
      if (!only) return { tools, toolChoice: null };
      // If there is only one, the choice names it and the list stays complete, so that a prompt cache sees the same tools.
      const named = names.size > 0 && others.length === 0;
      return named
        ? { tools, toolChoice: { type: "tool", name: only.name } }
        : { tools: allowed, toolChoice: { type: "any" } };
    }
    default:
      findings.refuse("toolConfig.functionCallingConfig.mode", "must be AUTO, ANY, NONE or VALIDATED");
      return { tools, toolChoice: null };
  }
}
