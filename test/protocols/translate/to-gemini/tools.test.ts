import { describe, expect, test } from "vitest";
import type { HubFunction, HubRequest, HubTool, HubToolChoice } from "../../../../src/protocols/translate/hub.ts";
import { bodyOf, GEMINI_2_5, GEMINI_3, upstreamOf, write } from "./ask.ts";

const LOOK: HubFunction = {
  type: "function",
  name: "look",
  description: "Looks.",
  input_schema: { properties: { at: { type: "string", default: "here" } }, additionalProperties: false },
};
const SEARCH: HubTool = { type: "web_search" };

function withTools(tools: HubTool[], toolChoice: HubToolChoice | null = null, upstream = GEMINI_3) {
  const { body, dropped } = write({ tools, toolChoice }, upstream);
  return { tools: body.tools, toolConfig: body.toolConfig, dropped };
}

describe("functions", () => {
  test("go to Google with their own schema, which is said to be an object's", () => {
    expect(withTools([LOOK]).tools).toEqual([
      {
        functionDeclarations: [
          { name: "look", description: "Looks.", parametersJsonSchema: { type: "object", ...LOOK.input_schema } },
        ],
      },
    ]);
  });

  // Antigravity-Manager#1312
  test("go to other services with one of the form that all of them know", () => {
    expect(withTools([LOOK], null, upstreamOf("gemini-3.8-flash", false)).tools).toEqual([
      {
        functionDeclarations: [
          {
            name: "look",
            description: "Looks.",
            parameters: { type: "OBJECT", properties: { at: { type: "STRING" } } },
          },
        ],
      },
    ]);
  });

  test("without arguments have no parameters there", () => {
    const tools: HubTool[] = [{ type: "function", name: "now", input_schema: { type: "object", properties: {} } }];
    expect(withTools(tools, null, upstreamOf("own", false)).tools).toEqual([
      { functionDeclarations: [{ name: "now" }] },
    ]);
  });

  test("whose name is one of JavaScript's own are like all others", () => {
    const tools: HubTool[] = ["constructor", "__proto__"].map((name) => ({ type: "function", name, input_schema: {} }));
    expect(JSON.stringify(withTools(tools).tools)).toContain('"name":"__proto__"');
  });

  test("of a conversation without any are no member at all", () => {
    expect(bodyOf({})).not.toHaveProperty("tools");
    expect(bodyOf({})).not.toHaveProperty("toolConfig");
  });

  test("that one may not call together, or strictly, are named: Google has neither", () => {
    const { dropped } = write({ tools: [{ ...LOOK, strict: true }], disableParallelToolUse: true });
    expect(dropped).toEqual(["tool_choice.disable_parallel_tool_use", "tools.strict"]);
  });
});

describe("what must be called", () => {
  // CLIProxyAPI sends AUTO for none; new-api ignores all of it
  test.each<[HubToolChoice, object]>([
    [{ type: "auto" }, { mode: "AUTO" }],
    [{ type: "any" }, { mode: "ANY" }],
    [{ type: "none" }, { mode: "NONE" }],
    [
      { type: "tool", name: "look" },
      { mode: "ANY", allowedFunctionNames: ["look"] },
    ],
  ])("%o", (toolChoice, functionCallingConfig) => {
    expect(withTools([LOOK], toolChoice).toolConfig).toEqual({ functionCallingConfig });
  });

  // bifrost#3596
  test("is nothing where the tool is not there, and that is named", () => {
    for (const [tools, choice] of [
      [[LOOK], { type: "tool", name: "gone" }],
      [[], { type: "any" }],
      [[SEARCH], { type: "tool", name: "web_search" }],
    ] satisfies [HubTool[], HubToolChoice][]) {
      expect(withTools(tools, choice)).toMatchObject({ toolConfig: undefined, dropped: ["tool_choice"] });
    }
  });
});

describe("a search of the web", () => {
  test("is Google's own", () => {
    expect(withTools([SEARCH], null, GEMINI_2_5)).toEqual({
      tools: [{ googleSearch: {} }],
      toolConfig: undefined,
      dropped: [],
    });
  });

  test("goes together with functions from Gemini 3 on, and says what it does so that it can be sent back", () => {
    expect(withTools([LOOK, SEARCH], { type: "auto" })).toMatchObject({
      tools: [{ functionDeclarations: [{}] }, { googleSearch: {} }],
      toolConfig: { functionCallingConfig: { mode: "VALIDATED" }, includeServerSideToolInvocations: true },
    });
  });

  test("gives way to functions for models before, and is named", () => {
    expect(withTools([LOOK, SEARCH], null, GEMINI_2_5)).toMatchObject({
      tools: [{ functionDeclarations: [{}] }],
      dropped: ["tools[web_search]"],
    });
  });

  test("has no limits that Google knows", () => {
    const limits: HubTool = {
      type: "web_search",
      max_uses: 3,
      allowed_domains: ["a.test"],
      user_location: { city: "Bern" },
    };
    expect(withTools([limits]).dropped).toEqual([
      "tools[web_search].max_uses",
      "tools[web_search].allowed_domains",
      "tools[web_search].user_location",
    ]);
  });
});

describe("how the answer is made", () => {
  const config = (request: Partial<HubRequest>, upstream = GEMINI_3) => bodyOf(request, upstream).generationConfig;

  test("says nothing where the client says nothing", () => {
    expect(bodyOf({})).toEqual({ contents: [{ role: "user", parts: [{ text: "hello" }] }] });
  });

  // CLIProxyAPI drops the last two
  test("has the client's sampling, limit and stops", () => {
    expect(config({ temperature: 0, topP: 0.5, topK: 7, maxTokens: 100, stopSequences: ["a", "b"] })).toEqual({
      ...{ temperature: 0, topP: 0.5, topK: 7, maxOutputTokens: 100, stopSequences: ["a", "b"] },
    });
  });

  test("has no limit above the model's own, which is named", () => {
    for (const [model, most] of [
      ["gemini-3.8-flash", 65_536],
      ["gemini-2.5-pro", 65_536],
      ["gemini-2.0-flash", 8_192],
    ] as const) {
      const { body, dropped } = write({ maxTokens: 100_000 }, upstreamOf(model));
      expect(body.generationConfig).toEqual({ maxOutputTokens: most });
      expect(dropped).toEqual(["max_tokens"]);
    }
    expect(config({ maxTokens: 100_000 }, upstreamOf("own"))).toEqual({ maxOutputTokens: 100_000 });
  });

  test("has the first five stops; the relay sees to the others", () => {
    const { body, dropped, answer } = write({ stopSequences: ["1", "2", "3", "4", "5", "END"] });
    expect(body.generationConfig).toEqual({ stopSequences: ["1", "2", "3", "4", "5"] });
    expect(dropped).toEqual([]);
    const whole = { candidates: [{ content: { parts: [{ text: "so it goes END here" }] }, finishReason: "STOP" }] };
    expect(answer.whole(whole)).toMatchObject({
      content: [{ text: "so it goes " }],
      stopReason: "stop_sequence",
      stopSequence: "END",
    });
    expect(answer.isUseless?.(JSON.stringify({ candidates: [{ finishReason: "STOP" }] }))).toBe(true);
  });

  test("names what an upstream is known to refuse, and leaves it out", () => {
    const { body, dropped } = write({ topK: 7, temperature: 1 }, upstreamOf("gemini-2.5-pro", true, ["topK"]));
    expect(body.generationConfig).toEqual({ temperature: 1 });
    expect(dropped).toEqual(["top_k"]);
  });

  const schema = { type: "object", properties: { a: { const: "x" } } };

  test("is JSON where that is asked for, of the client's own schema at Google and of a cleaned one elsewhere", () => {
    const json = { responseMimeType: "application/json" };
    expect(config({ format: { type: "json" } })).toEqual(json);
    const format = { type: "json_schema", schema } as const;
    expect(config({ format })).toEqual({ ...json, responseJsonSchema: schema });
    expect(config({ format }, upstreamOf("gemini-3.8-flash", false))).toEqual({
      ...json,
      responseSchema: { type: "OBJECT", properties: { a: { type: "STRING", enum: ["x"] } } },
    });
  });

  test("is in no form beside tools for models before Gemini 3, and the form is named", () => {
    const { body, dropped } = write({ format: { type: "json" }, tools: [LOOK] }, GEMINI_2_5);
    expect(body).not.toHaveProperty("generationConfig");
    expect(dropped).toEqual(["output_config.format"]);
    expect(config({ format: { type: "json" }, tools: [LOOK] })).toEqual({ responseMimeType: "application/json" });
  });
});

describe("thinking", () => {
  const thinking = (request: Partial<HubRequest>, model: string) => {
    const config = bodyOf(request, upstreamOf(model)).generationConfig as Record<string, unknown> | undefined;
    return config?.thinkingConfig;
  };
  const enabled = (budget_tokens: number) => ({ thinking: { type: "enabled", budget_tokens } }) as const;

  test.each<[string, Partial<HubRequest>, object | undefined]>([
    ["gemini-3.8-flash", { effort: "high" }, { thinkingLevel: "HIGH" }],
    ["gemini-3.8-flash", { effort: "max" }, { thinkingLevel: "HIGH" }],
    ["gemini-3.8-flash", { effort: "minimal" }, { thinkingLevel: "LOW" }],
    ["gemini-3.8-flash", { thinking: { type: "disabled" } }, { thinkingLevel: "LOW" }],
    ["gemini-3.8-flash", { thinking: { type: "adaptive" } }, { thinkingLevel: "HIGH" }],
    ["gemini-3.8-flash", enabled(8_000), { thinkingLevel: "MEDIUM" }],
    ["gemini-3-flash-preview", { effort: "none" }, { thinkingLevel: "MINIMAL" }],
    ["gemini-3.5-flash-lite", { effort: "minimal" }, { thinkingLevel: "MINIMAL" }],
    ["gemini-3-pro-preview", { effort: "medium" }, { thinkingLevel: "LOW" }],
    ["gemini-3.1-pro-preview", { effort: "medium" }, { thinkingLevel: "MEDIUM" }],
    ["gemini-flash-latest", { effort: "low" }, { thinkingLevel: "LOW" }],
    ["models/gemini-4-pro", { effort: "low" }, { thinkingLevel: "LOW" }],
    ["gemini-2.5-pro", enabled(50_000), { thinkingBudget: 32_768 }],
    ["gemini-2.5-pro", { thinking: { type: "disabled" } }, { thinkingBudget: 128 }],
    ["gemini-2.5-flash", { thinking: { type: "disabled" } }, { thinkingBudget: 0 }],
    ["gemini-2.5-flash", { thinking: { type: "adaptive" } }, { thinkingBudget: -1 }],
    ["gemini-2.5-flash", { effort: "medium" }, { thinkingBudget: 8_192 }],
    ["gemini-2.5-flash-lite", enabled(100), { thinkingBudget: 512 }],
    ["gemini-3.8-flash", {}, undefined],
    ["gemini-2.0-flash", { effort: "high" }, undefined],
    ["own", { effort: "high", showThinking: true }, undefined],
  ])("of %s, asked for %o, is %o", (model, request, expected) => {
    expect(thinking(request, model)).toEqual(expected);
  });

  test("is shown where that is asked for, and not of a model that is to do none", () => {
    expect(thinking({ showThinking: true }, "gemini-3.8-flash")).toEqual({ includeThoughts: true });
    expect(thinking({ showThinking: true, effort: "low" }, "gemini-3.8-flash")).toEqual({
      includeThoughts: true,
      thinkingLevel: "LOW",
    });
    expect(thinking({ showThinking: true, effort: "none" }, "gemini-2.5-flash")).toEqual({ thinkingBudget: 0 });
  });
});
