import { describe, expect, test } from "vitest";
import { hubOf, readFrom, refusalOf } from "./asked.ts";

const LOOK = {
  name: "look",
  description: "Looks.",
  parameters: { type: "OBJECT", properties: { at: { type: "STRING" } } },
};

describe("tools", () => {
  test("are functions, with Google's schemas as JSON Schemas", () => {
    expect(hubOf({ tools: [{ functionDeclarations: [LOOK] }] }).tools).toEqual([
      {
        type: "function",
        name: "look",
        description: "Looks.",
        input_schema: { type: "object", properties: { at: { type: "string" } } },
      },
    ]);
  });

  test("may have a JSON Schema, underscores, or no parameters", () => {
    const parametersJsonSchema = {
      type: "object",
      properties: { a: { $ref: "#/$defs/A" } },
      $defs: { A: { type: "STRING" } },
      additionalProperties: false,
    };
    const [one, two] = hubOf({
      tools: { function_declarations: [{ name: "a", parametersJsonSchema }, { name: "b" }] },
    }).tools;
    expect(one).toMatchObject({ input_schema: { ...parametersJsonSchema, $defs: { A: { type: "string" } } } });
    expect(two).toMatchObject({ input_schema: { type: "object", properties: {} } });
  });

  test("of Google's own are its search; others are named", () => {
    const { hub, dropped } = readFrom({
      tools: [{ googleSearch: {}, urlContext: {} }, { google_search: {} }, { codeExecution: {} }],
    });
    expect(hub.tools).toEqual([{ type: "web_search" }]);
    expect(dropped).toEqual(["tools[urlContext]", "tools[codeExecution]"]);
  });

  test("that are none are refused", () => {
    expect(refusalOf({ tools: [7] })).toMatchObject({ member: "tools.0" });
    expect(refusalOf({ tools: [{ functionDeclarations: [{}] }] })).toMatchObject({
      member: "tools.0.functionDeclarations.0.name",
    });
  });

  test("a schema that nests beyond all measure is refused", () => {
    let deep: object = { type: "STRING" };
    for (let level = 0; level < 500; level++) deep = { type: "ARRAY", items: deep };
    const declaration = { name: "a", parameters: { type: "OBJECT", properties: { deep } } };
    expect(refusalOf({ tools: [{ functionDeclarations: [declaration] }] })).toMatchObject({
      member: "tools.0.functionDeclarations.0.parameters",
    });
  });

  const tools = [{ functionDeclarations: [LOOK, { name: "see" }] }];
  const choice = (functionCallingConfig: object) => {
    const hub = hubOf({ tools, toolConfig: { functionCallingConfig } });
    return [hub.toolChoice, hub.tools.map((tool) => tool.type === "function" && tool.name)];
  };

  test("may, must or must not be called", () => {
    const all = ["look", "see"];
    expect(choice({ mode: "AUTO" })).toEqual([{ type: "auto" }, all]);
    expect(choice({ mode: "VALIDATED" })).toEqual([{ type: "auto" }, all]);
    expect(choice({ mode: "any" })).toEqual([{ type: "any" }, all]);
    expect(choice({ mode: "NONE" })).toEqual([{ type: "none" }, all]);
    expect(choice({ mode: "MODE_UNSPECIFIED" })).toEqual([null, all]);
    expect(choice({ mode: "ANY", allowedFunctionNames: ["see"] })).toEqual([{ type: "tool", name: "see" }, all]);
    expect(choice({ mode: "ANY", allowed_function_names: ["see", "look"] })).toEqual([{ type: "any" }, all]);
    expect(choice({ mode: "VALIDATED", allowedFunctionNames: ["see"] })).toEqual([{ type: "auto" }, ["see"]]);
    expect(refusalOf({ tools, toolConfig: { functionCallingConfig: { mode: "SOME" } } })).toMatchObject({
      member: "toolConfig.functionCallingConfig.mode",
    });
  });
});

describe("schemas", () => {
  const schemaOf = (x: object) => {
    const [tool] = hubOf({
      tools: [{ functionDeclarations: [{ name: "a", parameters: { properties: { x } } }] }],
    }).tools;
    return tool?.type === "function" ? (tool.input_schema.properties as { x: object }).x : null;
  };

  test("are Google's in JSON Schema's words", () => {
    expect(schemaOf({ type: "STRING", nullable: true, enum: ["a"], format: "enum" })).toEqual({
      ...{ type: ["string", "null"], enum: ["a", null], format: "enum" },
    });
    expect(schemaOf({ type: "ARRAY", items: { type: "INTEGER" }, minItems: "1", max_items: "3" })).toEqual({
      ...{ type: "array", items: { type: "integer" }, minItems: 1, maxItems: 3 },
    });
    expect(schemaOf({ any_of: [{ type: "STRING" }, { type: "NUMBER" }], nullable: true })).toEqual({
      anyOf: [{ type: "string" }, { type: "number" }, { type: "null" }],
    });
    expect(schemaOf({ type: "OBJECT", properties: { a: {} }, propertyOrdering: ["a"], required: ["a"] })).toEqual({
      ...{ type: "object", properties: { a: {} }, required: ["a"] },
    });
  });

  test("keep properties of any name", () => {
    const properties = JSON.parse(
      '{"__proto__":{"type":"STRING"},"type":{"type":"STRING"},"max_items":{"type":"STRING"}}',
    );
    expect(JSON.stringify(schemaOf({ type: "OBJECT", properties }))).toBe(
      '{"type":"object","properties":{"__proto__":{"type":"string"},"type":{"type":"string"},"max_items":{"type":"string"}}}',
    );
  });
});

describe("how the answer is made", () => {
  const configOf = (generationConfig: object) => hubOf({ generationConfig });

  test("is as the client says, in numbers or in texts of them", () => {
    const config = { temperature: 1, topP: 0.95, topK: 64, maxOutputTokens: "100", stopSequences: ["END", ""] };
    expect(configOf(config)).toMatchObject({
      temperature: 1,
      topP: 0.95,
      topK: 64,
      maxTokens: 100,
      stopSequences: ["END"],
    });
    expect(configOf({ top_k: 3, max_output_tokens: 5 })).toMatchObject({ topK: 3, maxTokens: 5 });
    expect(refusalOf({ generationConfig: { temperature: "hot" } })).toMatchObject({
      member: "generationConfig.temperature",
    });
  });

  test("is one answer, in text", () => {
    expect(refusalOf({ generationConfig: { candidateCount: 2 } })).toMatchObject({
      member: "generationConfig.candidateCount",
    });
    expect(refusalOf({ generationConfig: { candidateCount: 1, responseModalities: ["TEXT"] } })).toBeNull();
    expect(refusalOf({ generationConfig: { responseModalities: ["IMAGE"] } })).toMatchObject({
      member: "generationConfig.responseModalities",
    });
  });

  test("is JSON of a schema, whose types may be in capitals", () => {
    const schema = { type: "OBJECT", properties: { score: { type: "INTEGER" } }, required: ["score"] };
    const format = {
      type: "json_schema",
      schema: { ...schema, type: "object", properties: { score: { type: "integer" } } },
    };
    for (const member of ["responseSchema", "responseJsonSchema", "response_schema"]) {
      expect(configOf({ responseMimeType: "application/json", [member]: schema }).format).toEqual(format);
    }
    expect(configOf({ responseMimeType: "application/json" }).format).toEqual({ type: "json" });
    expect(configOf({ responseMimeType: "text/plain" }).format).toBeNull();
    expect(refusalOf({ generationConfig: { responseMimeType: "text/x.enum" } })).toMatchObject({
      member: "generationConfig.responseMimeType",
    });
  });

  test.each([
    [{ thinkingBudget: 0 }, { thinking: { type: "disabled" }, effort: null, showThinking: false }],
    [
      { thinkingBudget: -1, includeThoughts: true },
      { thinking: { type: "adaptive" }, effort: null, showThinking: true },
    ],
    [{ thinkingBudget: 2048 }, { thinking: { type: "enabled", budget_tokens: 2048 }, effort: null }],
    [
      { thinkingLevel: "HIGH", includeThoughts: true },
      { thinking: { type: "adaptive" }, effort: "high", showThinking: true },
    ],
    [
      { thinking_level: "minimal", include_thoughts: true },
      { effort: "minimal", showThinking: true },
    ],
  ])("thinks as %o says", (thinkingConfig, expected) => {
    expect(configOf({ thinkingConfig })).toMatchObject(expected);
  });

  test("thinks as its model does where nothing is said of it", () => {
    expect(hubOf({})).toMatchObject({ thinking: null, effort: null, showThinking: false });
  });

  test("what no other provider has is named, and what says nothing is not", () => {
    const generationConfig = { seed: 7, presencePenalty: 0.5, mediaResolution: null, responseLogprobs: false };
    const { dropped } = readFrom({ generationConfig, safetySettings: [{}], labels: {}, serviceTier: "flex" });
    expect(dropped).toEqual(["serviceTier", "generationConfig.seed", "generationConfig.presencePenalty"]);
  });
});

test("what is cached with Google is refused", () => {
  expect(refusalOf({ cachedContent: "cachedContents/a" })).toMatchObject({ member: "cachedContent" });
});

test("a count may have its request inside", () => {
  const inside = {
    model: "models/x",
    contents: [{ parts: [{ text: "inside" }] }],
    systemInstruction: { parts: [{ text: "s" }] },
  };
  expect(hubOf({ contents: undefined, generateContentRequest: inside })).toMatchObject({
    system: [{ text: "s" }],
    messages: [{ content: [{ text: "inside" }] }],
  });
});

test("the session, the model and whether it streams are what the relay knows of the request", () => {
  expect(readFrom({}, { session: "s1", stream: true, model: "m" }).hub).toMatchObject({
    session: "s1",
    stream: true,
    model: "m",
  });
});
