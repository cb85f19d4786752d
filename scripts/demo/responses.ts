/**
 * The demo upstream's Responses, with and without `/v1`: streamed or not, functions and custom tools, Codex's namespaces of them, and the
 * routes beside it. It keeps nothing: a response that is asked for again is made anew.
 */
import { ownWords, speak, type Turn } from "./conversation.ts";
import type { Decide, DemoReply, DemoRequest } from "./exchange.ts";
import { type Fields, fieldsOf, listOf, stringOf } from "./fields.ts";
import {
  CREATED,
  headersOf,
  json,
  missing,
  openaiPath,
  readBody,
  refuse,
  refuseUnauthorized,
  unknownPath,
} from "./openai.ts";
import { type PromptTokens, promptTokens } from "./prompt.ts";
import { framesOf, type Item, itemsOf } from "./responses-output.ts";
import { toolsOf } from "./responses-tools.ts";

/** Items that the model made in an earlier turn. All others are the client's. */
const BY_MODEL = /^(reasoning|compaction|function_call|custom_tool_call|local_shell_call|web_search_call)$/;

/** Fields of a request that its response repeats. */
const REPEATED = [
  "instructions",
  "max_output_tokens",
  "metadata",
  "parallel_tool_calls",
  "previous_response_id",
  "prompt_cache_key",
  "reasoning",
  "safety_identifier",
  "store",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_p",
  "truncation",
];
const DEFAULTS: Fields = {
  instructions: null,
  max_output_tokens: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: true,
  temperature: 1,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  tools: [],
  top_p: 1,
  truncation: "disabled",
};

export function responses(request: DemoRequest, decide: Decide): DemoReply | null {
  const path = openaiPath(request.path);
  if (!/^\/responses(\/|$)/.test(path)) return null;
  const refusal = refuseUnauthorized(request);
  if (refusal) return refusal;
  // Codex tries a WebSocket first, and only this status makes it use HTTP at once.
  if (request.headers.upgrade) return refuse(request, 426, "The demo upstream does not speak WebSocket.");
  if (request.method === "POST") {
    if (path === "/responses") return create(request, decide);
    if (path === "/responses/input_tokens") return inputTokens(request);
    if (path === "/responses/compact") return compact(request);
  }
  const id = /^\/responses\/(resp_\w+)$/.exec(path)?.[1];
  if (id && request.method === "GET") return again(request, decide, id);
  if (id && request.method === "DELETE") return json(request, { id, object: "response", deleted: true });
  return unknownPath(request);
}

function create(request: DemoRequest, decide: Decide): DemoReply {
  const read = readBody(request);
  if (!read.ok) return read.refusal;
  const { body } = read;
  if (inputOf(body).length === 0) return missing(request, "input");

  const limit = Number(body.max_output_tokens ?? Number.POSITIVE_INFINITY);
  const { effort = body.reasoning ? "medium" : "none", summary } = fieldsOf(body.reasoning);
  const spoken = speak(decide(turnOf(body)), limit, effort !== "none");
  const encrypted = Array.isArray(body.include) && body.include.includes("reasoning.encrypted_content");
  const tool = toolsOf(body).find(({ name }) => name === spoken.call?.name);
  const output = itemsOf(request.id, spoken, { summarised: Boolean(summary), encrypted, tool });
  const done = {
    ...responseOf(request.id, body),
    status: spoken.cut ? "incomplete" : "completed",
    incomplete_details: spoken.cut ? { reason: "max_output_tokens" } : null,
    output,
    usage: usageOf(promptOf(body), spoken.thoughtTokens, spoken.answerTokens),
  };
  if (body.stream !== true) return json(request, done);
  return { kind: "stream", headers: headersOf(request), frames: framesOf(responseOf(request.id, body), done) };
}

function inputTokens(request: DemoRequest): DemoReply {
  const read = readBody(request);
  if (!read.ok) return read.refusal;
  return json(request, { object: "response.input_tokens", input_tokens: promptOf(read.body).total });
}

/** All user messages, then one item that stands for the rest. */
function compact(request: DemoRequest): DemoReply {
  const read = readBody(request);
  if (!read.ok) return read.refusal;
  const { body } = read;
  const encrypted = Buffer.from("The demo upstream keeps no conversation.").toString("base64");
  const output = [
    ...inputOf(body).filter(({ role }) => role === "user"),
    { id: `cmp_${request.id}`, type: "compaction", encrypted_content: encrypted },
  ];
  const usage = usageOf(promptOf(body), 0, 10);
  return json(request, { id: `resp_${request.id}`, object: "response.compaction", created_at: CREATED, output, usage });
}

/** A response that an earlier request may have got. */
function again(request: DemoRequest, decide: Decide, id: string): DemoReply {
  const body = { model: "gpt-5", input: `Show me ${id} again.` };
  const spoken = speak(decide(turnOf(body)), Number.POSITIVE_INFINITY, false);
  const output: Item[] = itemsOf(id.slice("resp_".length), spoken, { summarised: false, encrypted: false });
  const usage = usageOf(promptOf(body), 0, spoken.answerTokens);
  return json(request, { ...responseOf(request.id, body), id, status: "completed", output, usage });
}

/** The response before anything is said. */
function responseOf(id: string, body: Fields): Fields {
  const repeated = REPEATED.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]);
  return {
    id: `resp_${id}`,
    object: "response",
    created_at: CREATED,
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    model: body.model,
    service_tier: "default",
    ...DEFAULTS,
    ...Object.fromEntries(repeated),
    output: [],
    usage: null,
    user: null,
  };
}

function usageOf({ total, cached }: PromptTokens, thoughtTokens: number, answerTokens: number): Fields {
  const output = thoughtTokens + answerTokens;
  return {
    input_tokens: total,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: thoughtTokens },
    total_tokens: total + output,
  };
}

function promptOf(body: Fields): PromptTokens {
  const said = inputOf(body).map((item) => ({ content: item, byModel: byModel(item) }));
  return promptTokens([body.instructions, body.tools], said);
}

/** The turn to answer: what came after the model's last item. */
export function turnOf(body: Fields): Turn {
  const items = inputOf(body);
  const fresh = items.slice(items.findLastIndex(byModel) + 1);
  const results = fresh.filter(({ type }) => stringOf(type).endsWith("_output"));
  const user = fresh.findLast(({ role }) => role === "user");
  const format = fieldsOf(fieldsOf(body.text).format);
  return {
    asked: ownWords(textsOf(user?.content)),
    toolResult: results.length > 0 ? results.map(({ output }) => textsOf(output).join("\n")).join(" ") : null,
    tools: toolsOf(body),
    choice: choiceOf(body.tool_choice),
    answerSchema: format.type === "json_schema" ? format.schema : null,
  };
}

function choiceOf(value: unknown): Turn["choice"] {
  if (value === "none") return "none";
  if (value === "required") return "any";
  const { name } = fieldsOf(value);
  return typeof name === "string" ? { name } : "auto";
}

function inputOf({ input }: Fields): Fields[] {
  return typeof input === "string" ? [{ type: "message", role: "user", content: input }] : listOf(input);
}

function byModel({ type, role }: Fields): boolean {
  return role === "assistant" || BY_MODEL.test(stringOf(type));
}

function textsOf(content: unknown): string[] {
  return typeof content === "string" ? [content] : listOf(content).map(({ text }) => stringOf(text));
}
