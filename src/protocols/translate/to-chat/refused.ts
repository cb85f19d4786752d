/**
 * Reads from an upstream's error which part of a request it refused. OpenAI names the parameter; the others say it in their own
 * words. Finds only parts that were sent and that the request can do without. Every other error goes to the client.
 */
import { array, isObject, object, parse, text } from "../../../ground/json.ts";
import { EFFORTS, type Json } from "../hub.ts";

export interface Refused {
  /** A line of gaps.ts. */
  gap: string;
  /** Whether it holds for the model, and not only for this request. */
  remember: boolean;
}

/** `error`: the body of the 400 or 422 with which `body` was refused. */
export function refusedIn(error: string, body: Json): Refused | null {
  const told = toldIn(error);
  const special = SPECIAL.find(({ words }) => words.test(told.message));
  if (special?.applies(body)) return { gap: special.gap, remember: special.remember ?? true };
  return tooLarge(told, body) ?? effortRefused(told, body) ?? parameterRefused(told, body);
}

interface Told {
  message: string;
  /** Parameters that the error names in fields of their own. */
  names: string[];
  code: string;
}

/** Longer errors are some web page. */
const LONGEST = 16_000;

function toldIn(error: string): Told {
  const words = error.slice(0, LONGEST);
  const parsed = parse(error);
  // Google's error is a list of one.
  const root = object(Array.isArray(parsed) ? parsed[0] : parsed);
  const inner = object(root?.error) ?? root;
  const message = [inner?.message, root?.error, root?.message, root?.detail].map(text).find((each) => each !== null);
  const details = [root?.detail, inner?.message, object(inner?.message)?.detail].flatMap(array).filter(isObject);
  const places = details.map(({ loc }) => array(loc));
  // Pydantic's list as text inside a message: from vLLM, SGLang and older Mistral.
  for (const [, place = ""] of words.matchAll(/\\?["']loc\\?["']:\s*[[(]([^\])]*)[\])]/g)) {
    places.push(place.split(",").map((part) => part.replace(/[\s"'\\]/g, "")));
  }
  const names = [...places.flatMap((place) => nameOfPlace(place) ?? []), ...namesOfParam(text(inner?.param))];
  return { message: message ?? words, names, code: `${text(inner?.code) ?? ""} ${text(inner?.type) ?? ""}` };
}

/** The last removable name in a place such as `["body","tools",0,"function","strict"]`. */
function nameOfPlace(place: readonly unknown[]): string | null {
  return place.findLast((part): part is string => typeof part === "string" && isMissable(part)) ?? null;
}

/** The names in `reasoning.effort`, `tools[0].function.strict`, `stream_options.include_usage`. */
function namesOfParam(param: string | null): string[] {
  if (param === null) return [];
  if (param === "reasoning.effort") return ["reasoning_effort"];
  return param.split(/[.[\]]+/).filter(isMissable);
}

/** What a request can do without, although the answer may be less good. `user` and some others are common words, see `isNamed`. */
const PARAMETERS = [
  ...["max_completion_tokens", "max_tokens", "temperature", "top_p", "top_k", "stop"],
  ...["reasoning_effort", "enable_thinking", "thinking_budget", "chat_template_kwargs", "reasoning_split"],
  ...["reasoning_format", "thinking", "reasoning", "verbosity", "response_format", "tool_choice"],
  ...["parallel_tool_calls", "tool_stream", "stream_options", "prompt_cache_key", "safety_identifier", "user"],
] as const;
/** The same inside messages and tools. */
const INNER = ["strict", "cache_control", "reasoning_content", "reasoning_details"] as const;
const MISSABLE: ReadonlySet<string> = new Set([...PARAMETERS, ...INNER]);

function isMissable(name: string): boolean {
  return MISSABLE.has(name);
}

/** Words that mean that the model does not accept this parameter. A wrong value of the client's is put in other words. */
const REFUSING =
  /unsupported|not (?:be )?support|n't support|unrecogni[sz]ed|unknown|unexpected|not (?:permitted|allowed|available)|extra_forbidden|unavailable|cannot find field|incompatible|cannot be used|(?:only|must be set to) .{0,60}(?:allowed|supported|true|false)|must be (?:auto|one of|'?json_schema)|wrong_api_format/i;

interface Special {
  words: RegExp;
  gap: string;
  remember?: boolean;
  applies(body: Json): boolean;
}

const always = () => true;
const withTools = ({ tools }: Json) => tools !== undefined;

const SPECIAL: readonly Special[] = [
  {
    words: /function tools with reasoning_effort/i,
    gap: "reasoning_effort with tools",
    applies: (body) => withTools(body) && body.reasoning_effort !== "none",
  },
  {
    words: /reasoning_content.{0,80}(?:must be|is required|missing)|(?:missing|require\w*).{0,20}reasoning_content/i,
    gap: "messages without reasoning_content",
    applies: always,
  },
  { words: /unexpected role .?user.? after role .?tool/i, gap: "messages with user behind tool", applies: always },
  {
    words: /system message.{0,60}(?:beginning|first|start)|unexpected role .?system/i,
    gap: "messages with system inside",
    applies: ({ messages }) =>
      array(messages)
        .slice(1)
        .some((message) => object(message)?.role === "system"),
  },
  {
    words: /role.{0,40}developer|variant .?developer|developer.{0,40}role/i,
    gap: "developer",
    applies: ({ messages }) => array(messages).some((message) => object(message)?.role === "developer"),
  },
  {
    words: /tool_choice.{0,120}think|think.{0,60}tool_choice/i,
    gap: "tool_choice with thinking",
    applies: ({ tool_choice }) => tool_choice === "required" || isObject(tool_choice),
  },
  {
    words: /tool_choice type: .?object|tool_choice.{0,60}(?:must be|expected).{0,20}string/i,
    gap: "tool_choice=function",
    applies: ({ tool_choice }) => isObject(tool_choice),
  },
  {
    words: /tool.choice.{0,20}must be.{0,5}auto/i,
    gap: "tool_choice",
    applies: ({ tool_choice }) => tool_choice !== undefined && tool_choice !== "auto",
  },
  {
    // OpenAI requires that a conversation mentions JSON. This one does not; another one may.
    words: /must contain the word .?json/i,
    gap: "response_format=json_object",
    remember: false,
    applies: ({ response_format }) => object(response_format)?.type === "json_object",
  },
  {
    words: /enable_thinking.{0,40}(?:must|should).{0,20}false/i,
    gap: "enable_thinking=true",
    applies: ({ enable_thinking }) => enable_thinking === true,
  },
];

/** The phrases for the largest output. The second is about this request, whose input leaves only so much room. */
const MOST = [
  /at most (\d+) (?:completion |output )?tokens/i,
  /(?:valid range|range) of max_(?:completion_)?tokens (?:is|should be) \[\d+, ?(\d+)\]/i,
  /max_(?:completion_)?tokens\W{0,3} must be less than or equal to \W?(\d+)/i,
];
const LEAVES = /\d+ > (\d+) - (\d+)/;

function tooLarge({ message }: Told, body: Json): Refused | null {
  const asked = body.max_tokens ?? body.max_completion_tokens;
  if (typeof asked !== "number" || !/max_(?:completion_)?tokens/.test(message)) return null;
  const most = MOST.map((pattern) => Number(pattern.exec(message)?.[1])).find((number) => number > 0 && number < asked);
  if (most !== undefined) return { gap: `max_tokens<=${most}`, remember: true };
  const [, context, input] = LEAVES.exec(message) ?? [];
  const left = Number(context) - Number(input);
  return left > 0 && left < asked ? { gap: `max_tokens<=${left}`, remember: false } : null;
}

/** The words before a list of accepted values. */
const LISTING = /(?:supported values are|must be one of|valid (?:levels|values)|(?:input )?should be|accepted values)/i;

function effortRefused({ message, names, code }: Told, body: Json): Refused | null {
  const sent = body.reasoning_effort;
  if (typeof sent !== "string") return null;
  const isMeant = names.includes("reasoning_effort") || /reasoning.?effort|\beffort\b|\bthink(?:ing)?\b/i.test(message);
  const at = message.search(LISTING);
  if (!isMeant || !(at >= 0 || REFUSING.test(message) || REFUSING.test(code))) return null;
  // What was sent may follow the list.
  const [list = ""] = at < 0 ? [] : message.slice(at).split(/['"]?input['"]?:/);
  const listed = EFFORTS.filter((effort) => effort !== sent && new RegExp(`\\b${effort}\\b`, "i").test(list));
  if (listed.length > 0) return { gap: `reasoning_effort in ${listed.join(",")}`, remember: true };
  const isValue = /unsupported_value/.test(code) || new RegExp(`['"\`]${sent}['"\`]`).test(message);
  return { gap: isValue ? `reasoning_effort=${sent}` : "reasoning_effort", remember: true };
}

function parameterRefused({ message, names, code }: Told, body: Json): Refused | null {
  if (!REFUSING.test(message) && !REFUSING.test(code)) return null;
  const sent = [...PARAMETERS.filter((name) => body[name] !== undefined), ...innerOf(body)];
  const name = sent.find((each) => names.includes(each)) ?? sent.find((each) => isNamed(each, message));
  if (name === undefined) return null;
  // A schema with a fault is this client's; another client's may have none.
  return { gap: gapOf(name, body), remember: !/invalid schema/i.test(message) };
}

function gapOf(name: string, body: Json): string {
  if (name === "reasoning_content" || name === "reasoning_details") return "messages with reasoning";
  const type = object(body.response_format)?.type;
  return name === "response_format" && typeof type === "string" ? `response_format=${type}` : name;
}

/** The removable members inside messages and tools. */
function innerOf({ messages, tools, response_format }: Json): string[] {
  const histories = ["reasoning_content", "reasoning_details"].filter((name) =>
    array(messages).some((message) => object(message)?.[name] !== undefined),
  );
  const isStrict = array(tools).some((tool) => object(object(tool)?.function)?.strict !== undefined);
  const strict = isStrict || object(object(response_format)?.json_schema)?.strict !== undefined;
  const marked = JSON.stringify(array(messages)[0] ?? "").includes('"cache_control"');
  return [...histories, ...(strict ? ["strict"] : []), ...(marked ? ["cache_control"] : [])];
}

/** Names that are also words. They count only if they are set off as a name. */
const WORDS: ReadonlySet<string> = new Set(["user", "stop", "thinking", "reasoning", "strict"]);

/** Whether a message is about the parameter, in any spelling: `top_p`, `topP`, `response format`. */
function isNamed(name: string, message: string): boolean {
  const spelling = name.replaceAll("_", "[_ ]?");
  const alone = `(?<![A-Za-z0-9_])${spelling}(?![A-Za-z0-9_])`;
  const setOff = `(?<!\\brole:? )['"\`]${spelling}['"\`.]|(?:parameters?|arguments?|property|field|name|supplied):? ${alone}`;
  return new RegExp(WORDS.has(name) ? setOff : alone, "i").test(message);
}
