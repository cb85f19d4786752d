/** Upstreams that are asked in Chat Completions: OpenAI, and all compatible services. */
import { array, isObject, object, parse, text } from "../../../ground/json.ts";
import type { Refusal } from "../../../refusal.ts";
import type { Result } from "../../../vocabulary.ts";
import { collected } from "../collect.ts";
import type { AnswerReader, Endpoint, LaneUpstream, UpstreamHalf, WrittenRequest } from "../halves.ts";
import type { HubAnswer, HubError, HubRequest, Json } from "../hub.ts";
import { Names } from "../names.ts";
import { stoppingAt } from "../stop-sequences.ts";
import { refusedIn } from "./refused.ts";
import { writeChat } from "./request.ts";
import { ChatStream, type Reading } from "./stream.ts";

export const TO_CHAT: UpstreamHalf = { write };

const ENDPOINT: Endpoint = { path: "/chat/completions", search: "", headers: {} };
/** The longest name of a tool that OpenAI accepts. */
const LONGEST_NAME = 64;

function write(hub: HubRequest, upstream: LaneUpstream): Result<WrittenRequest, Refusal> {
  const names = new Names(LONGEST_NAME);
  const written = writeChat(hub, upstream, names);
  if (!written.ok) return written;
  const { body, dropped, stops } = written.value;
  const sent = array(body.stop).filter((stop) => typeof stop === "string");
  const reading = { names, stops: sent, endsSilently: upstream.quirks.endsSilently };
  return {
    ok: true,
    value: {
      endpoint: ENDPOINT,
      body,
      dropped,
      answer: stoppingAt(stops, readerOf(reading)),
      instead: (error) => {
        const { quirks } = upstream;
        const refused = refusedIn(error, body);
        if (!refused || quirks.without.includes(refused.gap)) return null;
        const without = [...quirks.without, refused.gap];
        const again = write(hub, { ...upstream, quirks: { ...quirks, without } });
        return again.ok ? { request: again.value, lacks: refused.remember ? refused.gap : null } : null;
      },
    },
  };
}

function readerOf(reading: Reading): AnswerReader {
  return { whole: (answer) => whole(answer, reading), stream: () => new ChatStream(reading), isUseless };
}

const UNREADABLE: HubError = { status: 502, category: "upstream", message: "The upstream's answer has no choices." };

/** Reads a whole answer as if it were the one chunk of a stream. */
function whole(answer: Json, reading: Reading): HubAnswer | { error: HubError } {
  const stream = new ChatStream(reading);
  const [choice] = array(answer.choices).filter(isObject);
  const isError = answer.error || answer.object === "error";
  if (!choice && !isError) return { error: UNREADABLE };
  // An answer in one piece has ended, whether or not it says why.
  const ended = choice && { ...choice, finish_reason: text(choice.finish_reason) ?? "stop" };
  const data = isError ? JSON.stringify(answer) : "";
  const events = stream.chunk({ ...answer, choices: ended ? [ended] : [] }, data);
  return collected([...events, ...stream.end()]) ?? { error: UNREADABLE };
}

/** Whether the answer ended without a word. Another try usually brings an answer. */
function isUseless(data: string): boolean {
  const [choice] = array(object(parse(data))?.choices).filter(isObject);
  if (choice?.finish_reason !== "stop") return false;
  const { content, tool_calls, function_call, refusal, ...thoughts } =
    object(choice.delta) ?? object(choice.message) ?? {};
  const isSilent = typeof content === "string" ? content.trim() === "" : array(content).length === 0;
  const saysNothing = array(tool_calls).length === 0 && !function_call && !refusal;
  return isSilent && saysNothing && !thoughts.reasoning_content && !thoughts.reasoning && !choice.text;
}
