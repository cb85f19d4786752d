/**
 * Where a Responses answer has its usage, in streams and in whole responses, and which events are not output yet.
 * Facts: the API reference, the types of the `openai` package 7.55, and Codex's own reader of the stream.
 */
import { array, object, parse } from "../../ground/json.ts";
import { NO_USAGE, type Usage } from "../../vocabulary.ts";
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

export const USAGE_MEMBERS = ["usage", "service_tier", "output", "id", "status"];

/** The usage of an answer with these items. `reported` is the provider's own figure. */
export function answerUsage(reported: unknown, output: unknown[]): Usage {
  return { ...(usageOf(reported) ?? NO_USAGE), ...toolsIn(output) };
}

/** Usage of a whole (non-stream) response, from its top-level members. */
export function readWhole(members: Record<string, unknown>): Reading {
  const reported = usageOf(members.usage);
  return {
    usage: answerUsage(members.usage, array(members.output)),
    mode: modeOf(members.service_tier),
    complete: true,
    errored: false,
    ...responseIn(members.id, members.status),
    estimated: !reported,
  };
}

/** A meter for one streamed response. */
export function streamMeter(): StreamMeter {
  let reported: Usage | null = null;
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
        reported = usageOf(response.usage);
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
      const usage = { ...(reported ?? NO_USAGE), ...toolsIn([...calls.values()]) };
      const response = id === "" ? {} : { response: { id, ended } };
      if (reported) return { usage, mode, complete, errored, estimated: false, ...response };
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
    codeSessions: new Set(of("code_interpreter_call").map((item) => item?.container_id)).size,
    images: of("image_generation_call").length,
  };
}
