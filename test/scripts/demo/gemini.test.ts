/** The demo upstream's Gemini API. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, dataOf, demoWith, type Json } from "./client.ts";

interface Part {
  text?: string;
  thought?: boolean;
  functionCall?: { id: string; name: string; args: Json };
  thoughtSignature?: string;
}
interface Answer {
  candidates: { content: { role: string; parts: Part[] }; finishReason?: string }[];
  usageMetadata: Record<string, number>;
}

let demo: Demo;
beforeAll(async () => {
  demo = await demoWith({ "x-goog-api-key": "any" });
});
afterAll(() => demo.close());

const user = (...texts: string[]) => ({ role: "user", parts: texts.map((text) => ({ text })) });
const hello = { contents: [user("hello")] };
const parametersJsonSchema = { type: "object", properties: { command: { type: "string" } }, required: ["command"] };
const tools = [{ functionDeclarations: [{ name: "run_shell_command", parametersJsonSchema }] }];
const path = (action: string) => `/v1beta/models/gemini-3.8-flash:${action}`;
const generate = async (body: Json) => (await (await demo.post(path("generateContent"), body)).json()) as Answer;
const stream = async (body: Json) =>
  (await dataOf(await demo.post(`${path("streamGenerateContent")}?alt=sse`, body))).map(
    (text) => JSON.parse(text) as Answer,
  );
const partsOf = (...answers: Answer[]) => answers.flatMap(({ candidates }) => candidates[0]?.content.parts ?? []);
const textOf = (...answers: Answer[]) =>
  partsOf(...answers)
    .map(({ text, thought }) => (thought ? "" : (text ?? "")))
    .join("");

describe("generateContent", () => {
  it.each(["/v1beta", "/v1"])("answers honestly under %s", async (version) => {
    const response = await demo.post(`${version}/models/gemini-2.5-flash:generateContent`, hello);
    const answer = (await response.json()) as Answer;
    expect(textOf(answer)).toContain("local demo upstream of Edge Relay, not a model. You said: “hello”");
    expect(answer).toMatchObject({ modelVersion: "gemini-2.5-flash", candidates: [{ finishReason: "STOP" }] });
  });

  it("streams the same words as SSE and as one JSON array, with the figures at the end", async () => {
    const whole = await generate(hello);
    const events = await stream(hello);
    const response = await demo.post(path("streamGenerateContent"), hello);
    expect(response.headers.get("content-type")).toContain("application/json");
    const array = (await response.json()) as Answer[];
    for (const answers of [events, array]) {
      expect(textOf(...answers)).toBe(textOf(whole));
      expect(answers.at(-1)?.usageMetadata).toEqual(whole.usageMetadata);
      expect(answers.map(({ candidates }) => candidates[0]?.finishReason).filter(Boolean)).toEqual(["STOP"]);
    }
    expect(array).toHaveLength(events.length);
  });

  it("counts thoughts beside the answer, and shows them only where asked", async () => {
    const plain = await generate(hello);
    const config = (thinkingConfig: Json) => ({ ...hello, generationConfig: { thinkingConfig } });
    const shown = await stream(config({ includeThoughts: true, thinkingLevel: "HIGH" }));
    const usage = shown.at(-1)?.usageMetadata;
    expect(partsOf(...shown)[0]).toMatchObject({ thought: true });
    expect(usage?.thoughtsTokenCount).toBeGreaterThan(0);
    expect(usage?.candidatesTokenCount).toBe(plain.usageMetadata.candidatesTokenCount);
    const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usage ?? {};
    expect(usage?.totalTokenCount).toBe(promptTokenCount + candidatesTokenCount + thoughtsTokenCount);
    const hidden = await generate(config({ thinkingLevel: "LOW" }));
    expect(partsOf(hidden).some(({ thought }) => thought)).toBe(false);
    expect(hidden.usageMetadata.thoughtsTokenCount).toBe(thoughtsTokenCount);
    expect((await generate(config({ thinkingBudget: 0 }))).usageMetadata).not.toHaveProperty("thoughtsTokenCount");
  });

  it("counts what an earlier turn sent as cached", async () => {
    const systemInstruction = { parts: [{ text: "word ".repeat(2000) }] };
    const first = await generate({ ...hello, systemInstruction });
    expect(first.usageMetadata).not.toHaveProperty("cachedContentTokenCount");
    const contents = [user("hello"), { role: "model", parts: [{ text: "hi" }] }, user("again")];
    const { usageMetadata } = await generate({ systemInstruction, contents });
    expect(usageMetadata.cachedContentTokenCount).toBeGreaterThan(2000);
    expect(usageMetadata.cachedContentTokenCount).toBeLessThanOrEqual(first.usageMetadata.promptTokenCount ?? 0);
  });

  it("calls a function with a signature, and mentions what it brought back", async () => {
    const contents = [user("<session_context>no glob</session_context>", "Use a tool please")];
    const events = await stream({ contents, tools });
    const call = partsOf(...events).find(({ functionCall }) => functionCall);
    expect(call).toMatchObject({
      functionCall: { name: "run_shell_command", args: { command: "echo hello from the demo" } },
      thoughtSignature: expect.any(String),
    });
    expect(events.at(-1)?.candidates[0]?.finishReason).toBe("STOP");
    const { id, name } = call?.functionCall ?? {};
    const result = { functionResponse: { id, name, response: { output: "hello from the shell" } } };
    const more = [...contents, { role: "model", parts: partsOf(...events) }, { role: "user", parts: [result] }];
    expect(textOf(await generate({ contents: more, tools }))).toContain("“hello from the shell”");
  });

  it.each([
    ["the context that the client wrote", "<session_context>a tool</session_context>", undefined, false],
    ["any function", "hello", { mode: "ANY" }, true],
    ["a function that is not allowed", "use a tool", { mode: "ANY", allowedFunctionNames: ["glob"] }, false],
    ["forbidden functions", "use a tool", { mode: "NONE" }, false],
  ])("on %s", async (_case, text, config, calls) => {
    const toolConfig = config && { toolConfig: { functionCallingConfig: config } };
    const answer = await generate({ contents: [user(text)], tools, ...toolConfig });
    expect(partsOf(answer).some(({ functionCall }) => functionCall)).toBe(calls);
  });

  it("answers Gemini CLI's router with JSON of its schema, whose types are in capitals", async () => {
    const properties = { complexity_reasoning: { type: "STRING" }, complexity_score: { type: "INTEGER" } };
    const responseJsonSchema = { type: "OBJECT", properties, required: Object.keys(properties) };
    const generationConfig = { responseMimeType: "application/json", responseJsonSchema };
    const answer = JSON.parse(textOf(await generate({ ...hello, generationConfig })));
    expect(answer).toEqual({ complexity_reasoning: expect.any(String), complexity_score: expect.any(Number) });
  });

  it("stops at the limit", async () => {
    const answer = await generate({ ...hello, generationConfig: { maxOutputTokens: 5 } });
    expect(answer.candidates[0]?.finishReason).toBe("MAX_TOKENS");
    expect(answer.usageMetadata.candidatesTokenCount).toBeLessThanOrEqual(5);
  });
});

describe("the other actions", () => {
  it("counts the same tokens as an answer reports", async () => {
    const { usageMetadata } = await generate({ ...hello, tools });
    const totalTokens = usageMetadata.promptTokenCount;
    const body = { ...hello, tools };
    expect(await (await demo.post(path("countTokens"), body)).json()).toMatchObject({ totalTokens });
    const wrapped = { generateContentRequest: { model: "models/gemini-3.8-flash", ...body } };
    expect(await (await demo.post(path("countTokens"), wrapped)).json()).toMatchObject({ totalTokens });
  });

  it("embeds one text or several, and the same text the same", async () => {
    const request = { content: user("hello"), outputDimensionality: 8 };
    const one = (await (await demo.post(path("embedContent"), request)).json()) as { embedding: { values: number[] } };
    expect(one.embedding.values).toHaveLength(8);
    expect(Math.hypot(...one.embedding.values)).toBeCloseTo(1);
    const requests = [request, { ...request, content: user("bye") }];
    const many = await (await demo.post(path("batchEmbedContents"), { requests })).json();
    expect(many).toMatchObject({ embeddings: [one.embedding, { values: expect.any(Array) }] });
    expect((await demo.post(path("embedContent"), { ...request, outputDimensionality: 0 })).status).toBe(400);
  });
});

describe("errors", () => {
  it.each([
    ["malformed JSON", path("generateContent"), "{", 400, "INVALID_ARGUMENT"],
    ["no contents", path("generateContent"), {}, 400, "INVALID_ARGUMENT"],
    ["an unknown action", path("toString"), hello, 404, "NOT_FOUND"],
    ["an unknown path", "/v1beta/caches", {}, 404, "NOT_FOUND"],
  ])("refuses %s natively", async (_case, where, body, code, status) => {
    const response = await demo.post(where, body);
    expect(response.status).toBe(code);
    expect(await response.json()).toEqual({ error: { code, message: expect.any(String), status } });
  });

  it("puts the error of a stream that is an array into an array", async () => {
    const refused = await (await demo.post(path("streamGenerateContent"), {})).json();
    expect(refused).toMatchObject([{ error: { status: "INVALID_ARGUMENT" } }]);
    const sse = await (await demo.post(`${path("streamGenerateContent")}?alt=sse`, {})).json();
    expect(sse).toMatchObject({ error: { status: "INVALID_ARGUMENT" } });
  });

  it("takes a key in a header, in the query or as a bearer, and refuses a request without", async () => {
    const statuses = [
      demo.post(path("generateContent"), hello, {}),
      demo.post(`${path("generateContent")}?key=k`, hello, {}),
      demo.post(path("generateContent"), hello, { authorization: "Bearer k" }),
    ].map(async (response) => (await response).status);
    expect(await Promise.all(statuses)).toEqual([403, 200, 200]);
  });
});
