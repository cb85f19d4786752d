/**
 * The tools of a Responses request in hub terms. They may be in its members or, from newer Codex versions, in its input. Tools that a
 * provider would run itself are dropped and named, except the search.
 */
import { array, isObject, object, text } from "../../../ground/json.ts";
import type { Findings } from "../findings.ts";
import { freeFormFunction } from "../free-form.ts";
import type { HubFunction, HubTool, HubToolChoice, HubWebSearch, Json } from "../hub.ts";
import { CLIENT_TOOLS } from "./client-tools.ts";
import { type ToolName, ToolNames } from "./tool-names.ts";

/** Items of the input that bring tools along: Codex's own, and those that it found in a search for tools. */
const BRINGING = new Set<unknown>(["additional_tools", "tool_search_output"]);
const WEB_SEARCH = /^web_search(?:_preview)?(?:_\d{4}_\d{2}_\d{2})?$/;

export interface Tools {
  tools: HubTool[];
  names: ToolNames;
}

export function toolsIn(body: Json, findings: Findings): Tools {
  const reading = new ToolReading(findings);
  reading.list(body.tools, "tools");
  for (const [index, item] of array(body.input).entries()) {
    if (isObject(item) && BRINGING.has(item.type)) reading.list(item.tools, `input.${index}.tools`);
  }
  return reading.result();
}

class ToolReading {
  readonly #findings: Findings;
  readonly #names = new ToolNames();
  /** By flat name. A tool that is declared again replaces the earlier one. */
  readonly #functions = new Map<string, HubFunction>();
  #search: HubWebSearch | null = null;
  /** The description of a namespace, until its first tool has taken it. It may be long, and is about all of the tools. */
  #aboutNamespace: string | null = null;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  result(): Tools {
    const tools: HubTool[] = [...this.#functions.values()];
    if (this.#search) tools.push(this.#search);
    return { tools, names: this.#names };
  }

  list(value: unknown, at: string, namespace: string | null = null): void {
    if (value === undefined || value === null) return;
    if (!Array.isArray(value)) this.#findings.refuse(at, "it is no list");
    for (const [index, tool] of array(value).entries()) {
      if (isObject(tool) && typeof tool.type === "string") this.#tool(tool, tool.type, `${at}.${index}`, namespace);
      else this.#findings.refuse(`${at}.${index}`, "it is no tool with a type");
    }
  }

  #tool(tool: Json, type: string, at: string, namespace: string | null): void {
    const defined = CLIENT_TOOLS.get(type);
    if (type === "function" || type === "custom") this.#named(tool, type, at, namespace);
    // Namespaces do not nest.
    else if (type === "namespace" && namespace === null) this.#namespace(tool, at);
    else if (defined && runsHere(tool)) {
      this.#declare({ kind: defined.kind, name: defined.tool.name, namespace }, defined.tool);
    } else if (WEB_SEARCH.test(type) && tool.external_web_access !== false) {
      this.#search = searchOf(tool, this.#findings);
    } else this.#drop(type);
  }

  #namespace(tool: Json, at: string): void {
    const name = text(tool.name);
    const words = text(tool.description);
    if (name === null) this.#findings.refuse(`${at}.name`, "it is no name");
    this.#aboutNamespace = words && `About all tools of ${name}: ${words}`;
    this.list(tool.tools, `${at}.tools`, name ?? "");
    this.#aboutNamespace = null;
  }

  #named(tool: Json, kind: "function" | "custom", at: string, namespace: string | null): void {
    const name = text(tool.name);
    const { allowed_callers: callers } = tool;
    if (name === null) this.#findings.refuse(`${at}.name`, "it is no name");
    // Only code that the provider runs may call this tool, not the model itself.
    else if (Array.isArray(callers) && !callers.includes("direct")) this.#drop(name);
    else if (kind === "custom") {
      this.#declare({ kind, name, namespace }, freeFormFunction(name, tool.description, tool.format));
    } else this.#declare({ kind, name, namespace }, functionOf(tool, name, at, this.#findings));
  }

  #declare(tool: ToolName, definition: HubFunction): void {
    const name = this.#names.declare(tool);
    const words = [definition.description, this.#aboutNamespace].filter(Boolean).join("\n\n");
    this.#aboutNamespace = null;
    this.#functions.set(name, { ...definition, name, ...(words !== "" && { description: words }) });
  }

  #drop(what: string): void {
    this.#findings.drop(`tools[${what}]`);
  }
}

function functionOf(
  { parameters, description, strict }: Json,
  name: string,
  at: string,
  findings: Findings,
): HubFunction {
  const schema = parameters ?? NO_PARAMETERS;
  if (!isObject(schema)) findings.refuse(`${at}.parameters`, "it is no schema");
  const words = text(description);
  return {
    type: "function",
    name,
    ...(words !== null && { description: words }),
    input_schema: isObject(schema) ? schema : NO_PARAMETERS,
    ...(strict === true && { strict: true }),
  };
}

const NO_PARAMETERS: Json = { type: "object", properties: {} };

/** A shell in a container is run by OpenAI. */
function runsHere({ environment }: Json): boolean {
  return !isObject(environment) || environment.type === "local";
}

function searchOf(tool: Json, findings: Findings): HubWebSearch {
  if (tool.search_context_size !== undefined) findings.drop("tools[web_search].search_context_size");
  const filters = object(tool.filters);
  const allowed = namesIn(filters?.allowed_domains);
  const blocked = namesIn(filters?.blocked_domains);
  const { city, region, country, timezone } = object(tool.user_location) ?? {};
  const place = Object.entries({ city, region, country, timezone }).filter(([, value]) => text(value) !== null);
  return {
    type: "web_search",
    ...(allowed.length > 0 && { allowed_domains: allowed }),
    ...(blocked.length > 0 && { blocked_domains: blocked }),
    ...(place.length > 0 && { user_location: Object.fromEntries(place) }),
  };
}

function namesIn(value: unknown): string[] {
  return array(value).filter((each) => typeof each === "string");
}

export interface Choice {
  /** The tools that may be called at all. */
  tools: HubTool[];
  toolChoice: HubToolChoice | null;
}

/** `tool_choice`, and the tools that it leaves. */
export function choiceIn(value: unknown, { tools, names }: Tools, findings: Findings): Choice {
  const free = { tools, toolChoice: null };
  if (value === undefined || value === null) return free;
  if (value === "auto" || value === "none" || value === "required") {
    return { tools, toolChoice: tools.length > 0 ? MODES[value] : null };
  }
  if (!isObject(value)) {
    findings.refuse("tool_choice", "it is none of the forms that the API has");
    return free;
  }
  if (value.type === "allowed_tools") return allowedIn(value, { tools, names }, findings);
  const name = chosen(value, { tools, names });
  if (name !== null) return { tools, toolChoice: { type: "tool", name } };
  if (value.type === "function" || value.type === "custom") {
    findings.refuse("tool_choice", "the tool that it names is not among the tools");
  } else {
    // The tool was dropped, so it cannot be asked for.
    findings.drop("tool_choice");
  }
  return free;
}

const MODES: Readonly<Record<"auto" | "none" | "required", HubToolChoice>> = {
  auto: { type: "auto" },
  none: { type: "none" },
  required: { type: "any" },
};

function allowedIn({ tools: wanted, mode }: Json, { tools, names }: Tools, findings: Findings): Choice {
  if (!Array.isArray(wanted)) findings.refuse("tool_choice.tools", "it is no list");
  const allowed = new Set(array(wanted).map((each) => chosen(object(each) ?? {}, { tools, names })));
  const left = tools.filter((tool) => allowed.has(nameOf(tool)));
  if (left.length === 0) return { tools: left, toolChoice: null };
  return { tools: left, toolChoice: MODES[mode === "required" ? "required" : "auto"] };
}

/** The flat name of the tool that a choice names; null if there is no such tool. */
function chosen(choice: Json, { tools, names }: Tools): string | null {
  const { type } = choice;
  if (typeof type !== "string") return null;
  if (WEB_SEARCH.test(type)) return tools.some((tool) => tool.type === "web_search") ? "web_search" : null;
  const defined = CLIENT_TOOLS.get(type);
  const name = defined ? defined.tool.name : text(choice.name);
  return name === null ? null : names.declared({ name, namespace: text(choice.namespace) });
}

function nameOf(tool: HubTool): string {
  return tool.type === "web_search" ? "web_search" : tool.name;
}
