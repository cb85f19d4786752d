/**
 * The demo upstream's Chat Completions, with and without `/v1`: streamed or not, with a tool call if the user asks for one. As with OpenAI,
 * a stream ends with a usage chunk only if the request asks for it.
 */
import { ownWords, piecesOf, type Spoken, speak, type Turn, wordsOf } from "./conversation.ts";
import type { Decide, DemoReply, DemoRequest, Frame } from "./exchange.ts";
import { type Fields, fieldsOf, listOf, stringOf } from "./fields.ts";
import { CREATED, headersOf, json, missing, openaiPath, readBody, refuseUnauthorized, unknownPath } from "./openai.ts";
import { promptTokens } from "./prompt.ts";

/** The answer in JSON mode without a schema. */
const ANY_OBJECT = { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] };

export function chat(request: DemoRequest, decide: Decide): DemoReply | null {
  const path = openaiPath(request.path);
  if (!/^\/chat\/completions(\/|$)/.test(path)) return null;
  const refusal = refuseUnauthorized(request);
  if (refusal) return refusal;
  if (request.method !== "POST" || path !== "/chat/completions") return unknownPath(request);
  const read = readBody(request);
  if (!read.ok) return read.refusal;
  const { body } = read;
  if (listOf(body.messages).length === 0) return missing(request, "messages");

  const limit = Number(body.max_completion_tokens ?? body.max_tokens ?? Number.POSITIVE_INFINITY);
  const thinks = body.reasoning_effort !== undefined && body.reasoning_effort !== "none";
  const spoken = speak(decide(turnOf(body)), limit, thinks);
  return body.stream === true ? streamed(request, body, spoken) : whole(request, body, spoken);
}

function whole(request: DemoRequest, body: Fields, spoken: Spoken): DemoReply {
  const message = {
    role: "assistant",
    content: spoken.text || null,
    refusal: null,
    annotations: [],
    ...(spoken.call && { tool_calls: [toolCall(request, spoken.call)] }),
  };
  return json(request, {
    ...envelope(request, body, "chat.completion"),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(spoken) }],
    usage: usageOf(body, spoken),
  });
}

function streamed(request: DemoRequest, body: Fields, spoken: Spoken): DemoReply {
  const wantsUsage = fieldsOf(body.stream_options).include_usage === true;
  const head = envelope(request, body, "chat.completion.chunk");
  const send = (rest: Fields, paced = false): Frame => ({
    text: `data: ${JSON.stringify({ ...head, ...rest })}\n\n`,
    paced,
  });
  const choice = (delta: Fields, reason: string | null = null, paced = false) =>
    send(
      { choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], ...(wantsUsage && { usage: null }) },
      paced,
    );
  const call = spoken.call && toolCall(request, spoken.call);
  const opened = call && { ...call, function: { ...call.function, arguments: "" } };
  return {
    kind: "stream",
    headers: headersOf(request),
    frames: [
      choice({ role: "assistant", content: "", refusal: null }),
      ...wordsOf(spoken.text).map((content) => choice({ content }, null, true)),
      ...(opened ? [choice({ tool_calls: [{ index: 0, ...opened }] })] : []),
      ...piecesOf(call?.function.arguments ?? "").map((piece) =>
        choice({ tool_calls: [{ index: 0, function: { arguments: piece } }] }, null, true),
      ),
      choice({}, finishReason(spoken)),
      ...(wantsUsage ? [send({ choices: [], usage: usageOf(body, spoken) })] : []),
      { text: "data: [DONE]\n\n", paced: false },
    ],
  };
}

function envelope(request: DemoRequest, body: Fields, object: string): Fields {
  return {
    id: `chatcmpl-${request.id}`,
    object,
    created: CREATED,
    model: body.model,
    service_tier: "default",
    system_fingerprint: "fp_demo",
  };
}

function toolCall(request: DemoRequest, call: { name: string; input: unknown }) {
  const { name, input } = call;
  return { id: `call_${request.id}`, type: "function", function: { name, arguments: JSON.stringify(input) } };
}

function finishReason({ cut, call }: Spoken): string {
  return cut ? "length" : call ? "tool_calls" : "stop";
}

function usageOf(body: Fields, { thoughtTokens, answerTokens }: Spoken): Fields {
  const said = listOf(body.messages).map((content) => ({ content, byModel: content.role === "assistant" }));
  const { total, cached } = promptTokens([body.tools], said);
  const completion = thoughtTokens + answerTokens;
  return {
    prompt_tokens: total,
    completion_tokens: completion,
    total_tokens: total + completion,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: thoughtTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** The turn to answer: what came after the model's last message. */
export function turnOf(body: Fields): Turn {
  const messages = listOf(body.messages);
  const fresh = messages.slice(messages.findLastIndex(({ role }) => role === "assistant") + 1);
  const results = fresh.filter(({ role }) => role === "tool");
  const user = fresh.findLast(({ role }) => role === "user");
  const format = fieldsOf(body.response_format);
  return {
    asked: ownWords(textsOf(user?.content)),
    toolResult: results.length > 0 ? results.map(({ content }) => textsOf(content).join("\n")).join(" ") : null,
    tools: listOf(body.tools).flatMap((tool) => {
      const { name, parameters } = fieldsOf(tool.function);
      return typeof name === "string" ? [{ name, schema: parameters ?? {} }] : [];
    }),
    choice: choiceOf(body.tool_choice),
    answerSchema:
      format.type === "json_schema"
        ? fieldsOf(format.json_schema).schema
        : format.type === "json_object"
          ? ANY_OBJECT
          : null,
  };
}

function choiceOf(value: unknown): Turn["choice"] {
  if (value === "none") return "none";
  if (value === "required") return "any";
  const { name } = fieldsOf(fieldsOf(value).function);
  return typeof name === "string" ? { name } : "auto";
}

function textsOf(content: unknown): string[] {
  return typeof content === "string" ? [content] : listOf(content).map(({ text }) => stringOf(text));
}
