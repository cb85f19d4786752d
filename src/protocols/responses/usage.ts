/**
 * Where a Responses answer has its usage, in streams and in whole responses, and which events are not output yet.
 * Facts: the API reference, the types of the `openai` package 7.55, and Codex's own reader of the stream.
 */
import { array, count, object, parse } from "../../ground/json.ts";
import { NO_USAGE, type Usage, usageOfFields } from "../../vocabulary.ts";
import { stringAt, stringLength } from "../json.ts";
import { CHARACTERS_PER_TOKEN, type Reading, type StreamMeter } from "../meter.ts";
import { modeOf, usageOf } from "../openai.ts";
import { DataLines } from "../sse.ts";

/** Events that only announce what follows. The first ones repeat the whole request, so they are recognised by their type alone. */
const PRELUDE = new Set([
  "response.created",
  "response.queued",
  "response.in_progress",
  "response.content_part.added",
  "response.reasoning_summary_part.added",
  "keepalive",
  "ping",
]);

/** Whether an event is not output yet. Messages and thoughts begin empty, but a tool's name already comes from the model. */
export function isPrelude(data: string): boolean {
  const type = typeOf(data);
  if (type !== "response.output_item.added") return PRELUDE.has(type);
  const item = object(object(parse(data))?.item);
  return item?.type === "message" || item?.type === "reasoning";
}

export const USAGE_MEMBERS = ["usage", "service_tier", "output", "id", "status", "tool_usage", "tools"];

/** The usage of an answer with these items. `reported` is the provider's own figure. */
export function answerUsage(reported: unknown, output: unknown[]): Usage {
  return { ...(usageOf(reported) ?? NO_USAGE), ...toolsIn(output) };
}

/** What the API draws with if the tool names no model, as its reference says (November 2026). */
const DRAWS_BY_DEFAULT = "gpt-image-2.6-sunburst";

/**
 * What a response whose calls of hosted tools are `calls` has used. The tokens of pictures are reported beside the model's own
 * (`tool_usage`), at another model's price; then the pictures are not billed by the piece.
 */
function usedBy(response: Record<string, unknown>, calls: unknown[]): Pick<Reading, "usage" | "others"> {
  const usage = answerUsage(response.usage, calls);
  const told = object(response.tool_usage);
  const searches = object(told?.web_search)?.num_requests;
  if (typeof searches === "number") usage.webSearches = count(searches);
  const drawn = usageOf(told?.image_gen);
  if (!drawn || drawn.input + drawn.output === 0) return { usage };
  const tool = array(response.tools)
    .map(object)
    .find((one) => one?.type === "image_generation");
  const model = typeof tool?.model === "string" ? tool.model : DRAWS_BY_DEFAULT;
  const all = usageOfFields((field) => (field === "images" ? 0 : usage[field] + drawn[field]));
  return { usage: all, others: [{ model, usage: drawn }] };
}

/** Usage of a whole (non-stream) response, from its top-level members. */
export function readWhole(members: Record<string, unknown>): Reading {
  const reported = usageOf(members.usage);
  return {
    ...usedBy(members, array(members.output)),
    mode: modeOf(members.service_tier),
    complete: true,
    errored: false,
    ...responseIn(members.id, members.status),
    estimated: !reported,
  };
}

/** A meter for one streamed response. */
export function streamMeter(): StreamMeter {
  let last: Record<string, unknown> = {};
  let tier: unknown;
  let started = false;
  let complete = false;
  let errored = false;
  let id = "";
  let ended = false;
  let characters = 0;
  /** The calls of hosted tools, each once: every call comes as an item of its own, and again in the last event. */
  const calls = new Map<unknown, unknown>();
  const note = (items: unknown[]) => {
    for (const item of items) calls.set(object(item)?.id ?? JSON.stringify(item), item);
  };

  const lines = new DataLines((data) => {
    const type = typeOf(data);
    if (type.endsWith(".delta")) {
      started = true;
      // Audio is base64. Its words come in a transcript too, and are counted there.
      if (type !== "response.audio.delta") characters += stringLength(data, 'delta"');
      return;
    }
    switch (type) {
      case "response.created":
        started = true;
        id = stringAt(data, 'id"');
        // The event repeats the whole request, so it is not parsed. If the stream breaks, this is all there is to price by.
        tier = stringAt(data, 'service_tier"');
        return;
      case "response.output_item.done":
        if (HOSTED.test(data)) note([object(parse(data))?.item]);
        return;
      case "response.completed":
      case "response.incomplete":
      case "response.failed": {
        const response = object(object(parse(data))?.response);
        if (!response) return;
        started = true;
        ended = true;
        if (typeof response.id === "string") id = response.id;
        if (type === "response.failed") errored = true;
        else complete = true;
        last = response;
        tier = response.service_tier ?? tier;
        // ChatGPT's Codex service sends the last event without the output.
        note(array(response.output).filter((item) => HOSTED_TYPES.has(object(item)?.type)));
        return;
      }
      case "error":
        errored = true;
    }
  });

  return {
    feed: (chunk) => lines.feed(chunk),
    end: () => {
      lines.end();
      const mode = modeOf(tier);
      const { usage, ...others } = usedBy(last, [...calls.values()]);
      const response = id === "" ? {} : { response: { id, ended } };
      if (usageOf(last.usage)) return { usage, ...others, mode, complete, errored, estimated: false, ...response };
      const output = Math.ceil(characters / CHARACTERS_PER_TOKEN);
      return { usage: { ...usage, output }, mode, complete, errored, estimated: started, ...response };
    },
  };
}

/** A response in the background is answered while it is still empty. */
function responseIn(id: unknown, status: unknown): Pick<Reading, "response"> {
  return typeof id === "string" && id !== ""
    ? { response: { id, ended: status !== "queued" && status !== "in_progress" } }
    : {};
}

/** In every event of OpenAI's the type comes first. An event of a service that sorts its members is parsed instead. */
function typeOf(data: string): string {
  const head = data.slice(0, 80);
  const type = stringAt(head, 'type"');
  if (type.startsWith("response.")) return type;
  const parsed = object(parse(data));
  if (typeof parsed?.type === "string") return parsed.type;
  return parsed?.error ? "error" : "";
}

const HOSTED_TYPES = new Set<unknown>([
  "web_search_call",
  "file_search_call",
  "code_interpreter_call",
  "image_generation_call",
  "shell_call",
]);
const HOSTED = new RegExp(`(?:${[...HOSTED_TYPES].join("|")})"`);

/**
 * Calls of hosted tools that are billed. OpenAI charges for the `search` action of a web search, but not for opening a page or
 * searching in it; for each search in files; and once for a container of code, however often it is used.
 */
function toolsIn(output: unknown[]): Pick<Usage, "webSearches" | "fileSearches" | "codeSessions" | "images"> {
  const items = output.map(object).filter((item) => item !== undefined && item.status !== "failed");
  const of = (type: string) => items.filter((item) => item?.type === type);
  const searched = of("web_search_call").filter((item) => (object(item?.action)?.type ?? "search") === "search");
  return {
    webSearches: searched.length,
    fileSearches: of("file_search_call").length,
    codeSessions: new Set([
      ...of("code_interpreter_call").map((item) => item?.container_id),
      // A shell of the client's own has none.
      ...of("shell_call").flatMap((item) => object(item?.environment)?.container_id ?? []),
    ]).size,
    images: of("image_generation_call").length,
  };
}
