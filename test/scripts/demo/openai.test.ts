/** The lists of models, each in the format that its asker's headers speak of, and OpenAI's embeddings. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, demoWith, type Json } from "./client.ts";

let demo: Demo;
beforeAll(async () => {
  demo = await demoWith({ authorization: "Bearer any" });
});
afterAll(() => demo.close());

describe("models", () => {
  const anthropic = { data: expect.arrayContaining([expect.objectContaining({ type: "model" })]), has_more: false };
  const gemini = { models: expect.arrayContaining([expect.objectContaining({ name: "models/gemini-2.5-flash" })]) };
  const openai = { object: "list", data: expect.arrayContaining([expect.objectContaining({ id: "gpt-5" })]) };

  it.each([
    ["/v1/models", { authorization: "Bearer any" }, openai],
    ["/models", { authorization: "Bearer any" }, openai],
    ["/v1/models", { authorization: "Bearer any", "anthropic-version": "2023-06-01" }, anthropic],
    ["/v1/models", { "x-api-key": "any" }, anthropic],
    ["/v1/models", { "x-goog-api-key": "any" }, gemini],
    ["/v1/models?key=any", {}, gemini],
    ["/v1beta/models", { authorization: "Bearer any" }, gemini],
  ])("lists them on %s for %o", async (path, headers, shape) => {
    expect(await (await demo.get(path, headers as Record<string, string>)).json()).toMatchObject(shape);
  });

  it("knows each by its id, and no other", async () => {
    expect(await (await demo.get("/v1/models/gpt-5")).json()).toMatchObject({ id: "gpt-5", object: "model" });
    const google = { "x-goog-api-key": "any" };
    const gemini = await (await demo.get("/v1beta/models/gemini-2.5-flash", google)).json();
    expect(gemini).toMatchObject({ name: "models/gemini-2.5-flash", displayName: "gemini-2.5-flash (demo)" });
    const unknown = await demo.get("/v1/models/gpt-nine");
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: { code: "model_not_found" } });
  });
});

describe("embeddings", () => {
  const embed = async (body: Json) =>
    (await (await demo.post("/v1/embeddings", { model: "text-embedding-3-small", ...body })).json()) as {
      data: { embedding: number[] | string; index: number }[];
      usage: Json;
    };

  it("gives one vector per text, of the size asked for", async () => {
    const { data, usage } = await embed({ input: ["hello", "bye"], dimensions: 8 });
    expect(data.map(({ index }) => index)).toEqual([0, 1]);
    expect(data[0]?.embedding).toHaveLength(8);
    expect(data[0]?.embedding).not.toEqual(data[1]?.embedding);
    expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    expect((await embed({ input: [1, 2, 3] })).data).toHaveLength(1);
  });

  it("gives the same vector as base64, which the official library asks for", async () => {
    const [plain] = (await embed({ input: "hello", dimensions: 8 })).data;
    const [encoded] = (await embed({ input: "hello", dimensions: 8, encoding_format: "base64" })).data;
    const bytes = Buffer.from(String(encoded?.embedding), "base64");
    const floats = Array.from({ length: 8 }, (_, at) => bytes.readFloatLE(at * 4));
    expect(floats).toEqual([plain?.embedding].flat().map((value) => Math.fround(Number(value))));
  });

  it("refuses a size that no model has", async () => {
    const body = { model: "m", input: "hello", dimensions: 1e9 };
    expect((await demo.post("/v1/embeddings", body)).status).toBe(400);
  });
});
