/** The tools of Chat Completions: functions, free-form tools, the search, and the choice among them, also in the old forms. */
import { array, isObject, object, text } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import { freeFormFunction } from "../free-form.ts";
import type { HubFunction, HubTool, HubToolChoice, HubWebSearch, Json } from "../hub.ts";

export interface ChatTools {
  tools: HubTool[];
  toolChoice: HubToolChoice | null;
  /** The names of the free-form tools. The answer writes their calls in another form. */
  freeForm: ReadonlySet<string>;
  /** Whether the client uses the older member `functions`, for which an answer has one call, in another place. */
  legacy: boolean;
}

export function readTools(body: Json, findings: Findings): ChatTools {
  const freeForm = new Set<string>();
  const listed = array(listOf(body, "tools", findings)).flatMap((tool, index) => {
    return toolOf(object(tool) ?? {}, `tools.${index}`, freeForm, findings) ?? [];
  });
  const functions = array(listOf(body, "functions", findings)).flatMap((each, index) => {
    return functionOf(object(each) ?? {}, `functions.${index}`, findings) ?? [];
  });
  const search = object(body.web_search_options);
  const all: HubTool[] = [...listed, ...functions, ...(search ? [searchOf(search, findings)] : [])];
  const legacy = listed.length === 0 && functions.length > 0;
  const given = body.tool_choice ?? (legacy ? body.function_call : null);
  const { tools, toolChoice } = chosen(
    given ?? null,
    all,
    body.tool_choice ? "tool_choice" : "function_call",
    findings,
  );
  return { tools, toolChoice, freeForm, legacy };
}

function listOf(body: Json, member: string, findings: Findings): unknown {
  const list = body[member] ?? [];
  if (!Array.isArray(list)) findings.refuse(member, "must be a list");
  return list;
}

function toolOf(tool: Json, at: string, freeForm: Set<string>, findings: Findings): HubFunction | null {
  switch (tool.type ?? "function") {
    case "function":
      return functionOf(object(tool.function) ?? {}, `${at}.function`, findings);
    case "custom": {
      const custom = object(tool.custom) ?? {};
      const name = nameOf(custom, `${at}.custom`, findings);
      freeForm.add(name);
      return freeFormFunction(name, custom.description, custom.format);
    }
    default:
      // A provider's own tool. Its kind is told without its place, because there may be several.
      findings.drop(`tools[${text(tool.type) ?? "?"}]`);
      return null;
  }
}

function functionOf(described: Json, at: string, findings: Findings): HubFunction {
  const parameters = described.parameters ?? {};
  if (!isObject(parameters)) findings.refuse(`${at}.parameters`, "must be a JSON schema");
  const description = text(described.description);
  return {
    type: "function",
    name: nameOf(described, at, findings),
    ...(description !== null && { description }),
    input_schema: objectSchema(object(parameters) ?? {}),
    ...(described.strict === true && { strict: true }),
  };
}

function nameOf(described: Json, at: string, findings: Findings): string {
  const name = text(described.name);
  if (name === null) findings.refuse(`${at}.name`, "required");
  return name ?? "";
}

/** A function without parameters gets a schema that says so. A schema without a type gets the type object. */
function objectSchema(schema: Json): Json {
  if (Object.hasOwn(schema, "type")) return schema;
  return Object.keys(schema).length === 0 ? { type: "object", properties: {} } : { type: "object", ...schema };
}

function searchOf(options: Json, findings: Findings): HubWebSearch {
  if (options.search_context_size) findings.drop("web_search_options.search_context_size");
  const location = object(object(options.user_location)?.approximate);
  const known = PLACES.flatMap((name) => {
    const place = text(location?.[name]);
    return place === null ? [] : [[name, place] as const];
  });
  return { type: "web_search", ...(known.length > 0 && { user_location: Object.fromEntries(known) }) };
}

const PLACES = ["city", "region", "country", "timezone"] as const;

interface Chosen {
  tools: HubTool[];
  toolChoice: HubToolChoice | null;
}

/** What `tool_choice` leaves of the tools, and what it asks for. */
function chosen(choice: unknown, tools: HubTool[], member: string, findings: Findings): Chosen {
  if (choice === null) return { tools, toolChoice: null };
  if (typeof choice === "string") return { tools, toolChoice: choiceOf(choice, tools, member, findings) };
  const asked = object(choice) ?? {};
  if (asked.type === "allowed_tools") return allowed(object(asked.allowed_tools) ?? asked, tools, member, findings);
  const name = namedIn(asked);
  if (name === null || !has(tools, name)) {
    findings.refuse(member, name === null ? "it names no tool" : `no tool is called ${JSON.stringify(name)}`);
    return { tools, toolChoice: null };
  }
  return { tools, toolChoice: { type: "tool", name } };
}

function choiceOf(word: string, tools: HubTool[], member: string, findings: Findings): HubToolChoice | null {
  switch (word) {
    case "auto":
    case "none":
      return tools.length > 0 ? { type: word } : null;
    case "required":
      if (tools.length === 0) findings.refuse(member, "there is no tool to be called");
      return { type: "any" };
    default:
      findings.refuse(member, "must be none, auto, required, or name a tool");
      return null;
  }
}

/** Only some of the tools. The others are not shown to the model, because no other format can forbid them. */
function allowed(asked: Json, tools: HubTool[], member: string, findings: Findings): Chosen {
  const names = new Set(array(asked.tools).map((tool) => namedIn(object(tool) ?? {})));
  const left = tools.filter((tool) => tool.type === "function" && names.has(tool.name));
  if (left.length === 0) findings.refuse(member, "it allows none of the tools");
  const word = asked.mode === "required" ? "any" : "auto";
  return { tools: left, toolChoice: { type: word } };
}

/** The name in `{type:"function",function:{name}}`, `{type:"custom",custom:{name}}`, and the older `{name}`. */
function namedIn(asked: Json): string | null {
  return text(object(asked.function)?.name) ?? text(object(asked.custom)?.name) ?? text(asked.name);
}

function has(tools: HubTool[], name: string): boolean {
  return tools.some((tool) => tool.type === "function" && tool.name === name);
}
