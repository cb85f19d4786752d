/**
 * The demo upstream's Gemini API, under `/v1beta` and `/v1`: `generateContent`, `streamGenerateContent` (SSE, or one JSON array),
 * `countTokens`, embeddings and the list of models. Errors are Google's own. Code Assist is not here.
 */
import { ownWords, type Spoken, speak, type Turn, tokensOf, wordsOf } from "./conversation.ts";
import { embeddingOf } from "./embedding.ts";
import type { Decide, DemoReply, DemoRequest } from "./exchange.ts";
import { type Fields, fieldsOf, listOf, parseFields, stringOf } from "./fields.ts";
import { type PromptTokens, promptTokens } from "./prompt.ts";

const MODELS = ["gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-3.1-pro-preview", "gemini-2.5-flash"]
  .map((id) => modelOf(id, ["generateContent", "countTokens"]))
  .concat(modelOf("gemini-embedding-001", ["embedContent"]));

/** The length of `gemini-embedding-001`'s vectors, which is also the most that may be asked for. */
const DIMENSIONS = 3072;

const STATUS_OF = { INVALID_ARGUMENT: 400, PERMISSION_DENIED: 403, NOT_FOUND: 404 } as const;

/** A request to do something with a model. */
interface Asked {
  request: DemoRequest;
  body: Fields;
  model: string;
}

const ACTIONS: Record<string, (asked: Asked, decide: Decide) => DemoReply> = {
  generateContent,
  streamGenerateContent,
  countTokens,
  embedContent,
  batchEmbedContents,
};

export function gemini(request: DemoRequest, decide: Decide): DemoReply | null {
  const { method, path, headers, query } = request;
  const found = /^\/(v1beta|v1)\/models(?:\/([^/:]+)(?::(\w+))?)?$/.exec(path);
  const hasKey = Boolean(headers["x-goog-api-key"]?.trim() || query.get("key"));
  if (!found) return path.startsWith("/v1beta/") ? refuse(request, "NOT_FOUND", "Not Found") : null;
  const [, version, id = "", action = ""] = found;
  if (version === "v1" && !action && !hasKey) return null;
  if (!hasKey && !/^Bearer\s+\S/i.test(headers.authorization ?? "")) {
    return refuse(request, "PERMISSION_DENIED", "Method doesn't allow unregistered callers. Please use API Key.");
  }
  const model = decodeURIComponent(id);
  if (action) {
    const answer = method === "POST" && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (!answer) return refuse(request, "NOT_FOUND", `Method ${action} is not found.`);
    const body = parseFields(request.body);
    return body
      ? answer({ request, body, model }, decide)
      : refuse(request, "INVALID_ARGUMENT", "Invalid JSON payload received.");
  }
  if (method !== "GET") return refuse(request, "NOT_FOUND", "Not Found");
  if (!id) return json({ models: MODELS });
  const known = MODELS.find(({ name }) => name === `models/${model}`);
  return known ? json(known) : refuse(request, "NOT_FOUND", `models/${model} is not found.`);
}

function generateContent({ request, body, model }: Asked, decide: Decide): DemoReply {
  const fault = faultIn(body);
  if (fault) return refuse(request, "INVALID_ARGUMENT", fault);
  const spoken = say(body, decide);
  const parts = [...thoughtsOf(body, spoken), { text: spoken.text }, ...callsOf(request.id, spoken)];
  return json(piece({ id: request.id, model }, parts, usageOf(body, spoken), finishReason(spoken)));
}

function streamGenerateContent({ request, body, model }: Asked, decide: Decide): DemoReply {
  const fault = faultIn(body);
  if (fault) return refuse(request, "INVALID_ARGUMENT", fault);
  const spoken = say(body, decide);
  const words = wordsOf(spoken.text).map((text) => ({ text }));
  const parts: Fields[] = [...thoughtsOf(body, spoken), ...words, ...callsOf(request.id, spoken)];
  if (parts.length === 0) parts.push({ text: "" });
  const pieces = parts.map((part, at) => {
    const last = at === parts.length - 1;
    // The size of the prompt is known from the beginning, that of the answer only at the end.
    const usage = last ? usageOf(body, spoken) : usageOf(body, { ...spoken, answerTokens: 0 });
    return JSON.stringify(piece({ id: request.id, model }, [part], usage, last ? finishReason(spoken) : null));
  });
  if (request.query.get("alt") === "sse") {
    return {
      kind: "stream",
      headers: {},
      frames: pieces.map((text) => ({ text: `data: ${text}\r\n\r\n`, paced: true })),
    };
  }
  const frames = pieces.map((text, at) => ({ text: `${at === 0 ? "[" : ",\r\n"}${text}\n`, paced: true }));
  const headers = { "content-type": "application/json; charset=UTF-8" };
  return { kind: "stream", headers, frames: [...frames, { text: "]\n", paced: false }] };
}

function countTokens({ request, body }: Asked): DemoReply {
  const counted = body.generateContentRequest ? fieldsOf(body.generateContentRequest) : body;
  const fault = faultIn(counted);
  if (fault) return refuse(request, "INVALID_ARGUMENT", fault);
  const { total } = promptOf(counted);
  return json({ totalTokens: total, promptTokensDetails: [{ modality: "TEXT", tokenCount: total }] });
}

function embedContent({ request, body }: Asked): DemoReply {
  const embedding = embed(body);
  if (!embedding) return refuse(request, "INVALID_ARGUMENT", `outputDimensionality must be from 1 to ${DIMENSIONS}.`);
  return json({ embedding, usageMetadata: { promptTokenCount: tokensOf(textOf(body.content)) } });
}

function batchEmbedContents({ request, body }: Asked): DemoReply {
  const requests = listOf(body.requests);
  const embeddings = requests.map(embed);
  if (embeddings.length === 0) return refuse(request, "INVALID_ARGUMENT", "requests is not specified");
  if (embeddings.includes(null)) {
    return refuse(request, "INVALID_ARGUMENT", `outputDimensionality must be from 1 to ${DIMENSIONS}.`);
  }
  const tokens = requests.reduce((total, { content }) => total + tokensOf(textOf(content)), 0);
  return json({ embeddings, usageMetadata: { promptTokenCount: tokens } });
}

function embed({ content, outputDimensionality = DIMENSIONS }: Fields): { values: number[] } | null {
  const size = Number(outputDimensionality);
  if (!Number.isInteger(size) || size < 1 || size > DIMENSIONS) return null;
  return { values: embeddingOf(textOf(content), size) };
}

function say(body: Fields, decide: Decide): Spoken {
  const { maxOutputTokens = Number.POSITIVE_INFINITY, thinkingConfig } = fieldsOf(body.generationConfig);
  const thinks = thinkingConfig !== undefined && fieldsOf(thinkingConfig).thinkingBudget !== 0;
  return speak(decide(turnOf(body)), Number(maxOutputTokens), thinks);
}

function thoughtsOf(body: Fields, { thought }: Spoken): Fields[] {
  const { includeThoughts } = fieldsOf(fieldsOf(body.generationConfig).thinkingConfig);
  return thought && includeThoughts === true ? [{ text: thought, thought: true }] : [];
}

/** Gemini 3 requires that the signature comes back with the call, whatever it contains. */
function callsOf(id: string, { call }: Spoken): Fields[] {
  if (!call) return [];
  const functionCall = { id: `call_${id}`, name: call.name, args: call.input };
  return [{ functionCall, thoughtSignature: Buffer.from(`demo signature ${id}`).toString("base64") }];
}

/** A whole answer, or one piece of a stream. A tool call ends with STOP too. */
function piece(
  { id, model }: { id: string; model: string },
  parts: Fields[],
  usageMetadata: Fields,
  reason: string | null,
): Fields {
  const candidate = { content: { parts, role: "model" }, ...(reason && { finishReason: reason }), index: 0 };
  return { candidates: [candidate], usageMetadata, modelVersion: model, responseId: id };
}

function finishReason({ cut }: Spoken): string {
  return cut ? "MAX_TOKENS" : "STOP";
}

/** Thoughts are counted beside the answer, cached tokens within the prompt. */
function usageOf(body: Fields, { thoughtTokens, answerTokens }: Spoken): Fields {
  const { total, cached } = promptOf(body);
  return {
    promptTokenCount: total,
    ...(answerTokens > 0 && { candidatesTokenCount: answerTokens }),
    totalTokenCount: total + thoughtTokens + answerTokens,
    ...(cached > 0 && {
      cachedContentTokenCount: cached,
      cacheTokensDetails: [{ modality: "TEXT", tokenCount: cached }],
    }),
    promptTokensDetails: [{ modality: "TEXT", tokenCount: total }],
    ...(thoughtTokens > 0 && { thoughtsTokenCount: thoughtTokens }),
  };
}

function promptOf(body: Fields): PromptTokens {
  const said = listOf(body.contents).map(({ role, parts }) => ({ content: parts, byModel: role === "model" }));
  return promptTokens([fieldsOf(body.systemInstruction).parts, body.tools], said);
}

/** The turn to answer: what came after the model's last content. */
export function turnOf(body: Fields): Turn {
  const contents = listOf(body.contents);
  const fresh = contents.slice(contents.findLastIndex(({ role }) => role === "model") + 1);
  const parts = fresh.flatMap((content) => listOf(content.parts));
  const results = parts.flatMap(({ functionResponse }) => (functionResponse ? [fieldsOf(functionResponse)] : []));
  const { responseJsonSchema, responseSchema, responseMimeType } = fieldsOf(body.generationConfig);
  const { mode, allowedFunctionNames } = fieldsOf(fieldsOf(body.toolConfig).functionCallingConfig);
  const allowed = Array.isArray(allowedFunctionNames) ? allowedFunctionNames : null;
  return {
    asked: ownWords(listOf(fresh.at(-1)?.parts).map(({ text }) => stringOf(text))),
    toolResult: results.length > 0 ? results.map(({ response }) => resultOf(response)).join(" ") : null,
    tools: listOf(body.tools)
      .flatMap(({ functionDeclarations }) => listOf(functionDeclarations))
      .filter(({ name }) => typeof name === "string" && (!allowed || allowed.includes(name)))
      .map((tool) => ({ name: stringOf(tool.name), schema: tool.parametersJsonSchema ?? tool.parameters ?? {} })),
    choice: mode === "NONE" ? "none" : mode === "ANY" ? "any" : "auto",
    answerSchema: responseMimeType === "application/json" ? (responseJsonSchema ?? responseSchema ?? null) : null,
  };
}

/** A function's response may be any object. The usual fields are read as text. */
function resultOf(response: unknown): string {
  const { output, error, result } = fieldsOf(response);
  const text = output ?? error ?? result;
  return typeof text === "string" ? text : JSON.stringify(response ?? null);
}

function textOf(content: unknown): string {
  return listOf(fieldsOf(content).parts)
    .map(({ text }) => stringOf(text))
    .join("\n");
}

function faultIn({ contents }: Fields): string | null {
  return listOf(contents).length > 0 ? null : "* GenerateContentRequest.contents: contents is not specified\n";
}

function modelOf(id: string, supportedGenerationMethods: string[]) {
  return {
    name: `models/${id}`,
    version: "demo",
    displayName: `${id} (demo)`,
    description: "The local demo upstream of Edge Relay, not a model.",
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods,
  };
}

function json(body: unknown): DemoReply {
  return { kind: "json", status: 200, headers: {}, body };
}

/** A stream that is not SSE is an array, even if it contains only an error. */
function refuse({ path, query }: DemoRequest, status: keyof typeof STATUS_OF, message: string): DemoReply {
  const body = { error: { code: STATUS_OF[status], message, status } };
  const array = path.endsWith(":streamGenerateContent") && query.get("alt") !== "sse";
  return { kind: "json", status: STATUS_OF[status], headers: {}, body: array ? [body] : body };
}
