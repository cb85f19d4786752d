/** Tools, and which of them the model may or must call. */
import type { HubFunction, HubRequest, HubWebSearch, Json } from "../hub.ts";
import { parametersOf } from "./schema.ts";
import type { Writing } from "./writing.ts";

export interface Tools {
  tools: Json[];
  /** Null if there is nothing to configure. */
  toolConfig: Json | null;
}

export function toolsOf(hub: HubRequest, writing: Writing): Tools {
  const functions = hub.tools.filter((tool) => tool.type === "function");
  const search = hub.tools.find((tool) => tool.type === "web_search");
  if (hub.disableParallelToolUse && functions.length > 0) writing.dropped.add("tool_choice.disable_parallel_tool_use");
  if (functions.some(({ strict }) => strict)) writing.dropped.add("tools.strict");
  const searches = search !== undefined && maySearch(functions, writing);
  if (searches) noteLimits(search, writing);
  const mixed = searches && functions.length > 0;
  const tools = [
    ...(functions.length > 0 ? [{ functionDeclarations: functions.map((each) => declarationOf(each, writing)) }] : []),
    ...(searches ? [{ googleSearch: {} }] : []),
  ];
  const calling = callingOf(hub, functions, mixed, writing);
  const toolConfig = {
    ...(calling && { functionCallingConfig: calling }),
    ...(mixed && { [SERVER_SIDE]: true }),
  };
  return { tools, toolConfig: Object.keys(toolConfig).length > 0 ? toolConfig : null };
}

/** Makes Google show what its own tools do, so that it can be sent back. Required if they go together with functions. */
const SERVER_SIDE = "includeServerSideToolInvocations";

/** Models before Gemini 3 have either functions or a search. */
function maySearch(functions: readonly HubFunction[], { facts, takes, dropped }: Writing): boolean {
  const alone = functions.length === 0;
  if (takes("googleSearch") && (alone || (facts.mixesTools && takes(SERVER_SIDE)))) return true;
  dropped.add("tools[web_search]");
  return false;
}

function noteLimits(search: HubWebSearch, { dropped }: Writing): void {
  for (const limit of ["max_uses", "allowed_domains", "blocked_domains", "user_location"] as const) {
    if (search[limit] !== undefined) dropped.add(`tools[web_search].${limit}`);
  }
}

function declarationOf({ name, description, input_schema }: HubFunction, writing: Writing): Json {
  const declaration: Json = { name: writing.names.to(name), ...(description !== undefined && { description }) };
  if (writing.upstream.official && writing.takes("parametersJsonSchema")) {
    return { ...declaration, parametersJsonSchema: { type: "object", ...input_schema } };
  }
  const parameters = parametersOf(input_schema);
  return parameters ? { ...declaration, parameters } : declaration;
}

/** If Google's own tools are present, functions need another mode instead of AUTO. */
function callingOf(
  { toolChoice }: HubRequest,
  functions: readonly HubFunction[],
  mixed: boolean,
  { names, dropped }: Writing,
): Json | null {
  const auto = mixed ? { mode: "VALIDATED" } : null;
  if (toolChoice === null || functions.length === 0) {
    if (toolChoice && toolChoice.type !== "auto" && toolChoice.type !== "none") dropped.add("tool_choice");
    return auto;
  }
  switch (toolChoice.type) {
    case "auto":
      return auto ?? { mode: "AUTO" };
    case "any":
      return { mode: "ANY" };
    case "none":
      return { mode: "NONE" };
    case "tool": {
      const { name } = toolChoice;
      if (functions.some((each) => each.name === name)) {
        return { mode: "ANY", allowedFunctionNames: [names.to(name)] };
      }
      // What it must call is not there: a search, or a tool that was dropped on the way.
      dropped.add("tool_choice");
      return auto;
    }
  }
}
