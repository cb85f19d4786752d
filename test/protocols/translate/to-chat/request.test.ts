import { describe, expect, test } from "vitest";
import type { HubFunction } from "../../../../src/protocols/translate/hub.ts";
import { body, READ, written } from "./written.ts";

const SEARCH = { type: "web_search" as const, max_uses: 3, allowed_domains: ["a.example"] };
const TOOL = {
  type: "function",
  function: { name: "Read", description: "Reads a file", parameters: READ.input_schema },
};
const WEATHER = { type: "object", properties: { c: { type: "number" } }, required: ["c"], additionalProperties: false };

describe("a Chat request", () => {
  test("says no more than was asked for", () => {
    expect(written()).toMatchObject({
      endpoint: { path: "/chat/completions", search: "", headers: {} },
      body: { model: "own", messages: [{ role: "user", content: "Hi" }] },
      dropped: [],
    });
    expect(Object.keys(body())).toEqual(["model", "messages"]);
  });

  test("is the same each time, to the letter", () => {
    const fields = { tools: [{ ...READ, name: "x".repeat(80) }], user: "u", session: "s".repeat(80), stream: true };
    const quirks = { user: "user", promptCacheKey: true } as const;
    expect(JSON.stringify(body(fields, quirks))).toBe(JSON.stringify(body(fields, quirks)));
  });

  test("asks a stream for its usage", () => {
    expect(body({ stream: true })).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(body({ stream: true }, { without: ["stream_options"] })).not.toHaveProperty("stream_options");
    expect(body()).not.toHaveProperty("stream");
  });
});

describe("tools", () => {
  test("are functions with what the client says of them", () => {
    expect(body({ tools: [READ] }).tools).toEqual([TOOL]);
    expect(body({ tools: [READ] })).not.toHaveProperty("tool_choice");
  });

  test("without a type or properties have both", () => {
    const bare: HubFunction = { type: "function", name: "Now", input_schema: {} };
    expect(body({ tools: [bare] }).tools).toEqual([
      { type: "function", function: { name: "Now", parameters: { type: "object", properties: {} } } },
    ]);
  });

  test("have names of at most 64 characters, and the client's own in the choice of one", () => {
    const name = `mcp__${"server".repeat(12)}`;
    const toolChoice = { type: "tool", name } as const;
    const { tools, tool_choice } = body({ tools: [{ ...READ, name }], toolChoice }) as {
      tools: { function: { name: string } }[];
      tool_choice: object;
    };
    const short = tools[0]?.function.name;
    expect(short).toHaveLength(64);
    expect(tool_choice).toEqual({ type: "function", function: { name: short } });
  });

  test("named after members of every object are tools like others", () => {
    const tools = ["constructor", "__proto__"].map((name) => ({ ...READ, name }));
    expect(body({ tools, toolChoice: { type: "tool", name: "__proto__" } })).toMatchObject({
      tools: [{ function: { name: "constructor" } }, { function: { name: "__proto__" } }],
      tool_choice: { function: { name: "__proto__" } },
    });
  });

  test("are strict where the client says so and the schema qualifies", () => {
    const strict = { ...READ, strict: true };
    expect(body({ tools: [strict] }).tools).toEqual([TOOL]);
    const closed = { ...strict, input_schema: WEATHER };
    expect(body({ tools: [closed] }).tools).toMatchObject([{ function: { strict: true } }]);
    const { body: sent, dropped } = written({ tools: [closed] }, { without: ["strict"] });
    expect(sent.tools).not.toMatchObject([{ function: { strict: true } }]);
    expect(dropped).toEqual(["tools.strict"]);
  });

  // GLM refuses a choice without tools (code 1210), and so does OpenAI.
  test("that are none bring no choice of them and no word on parallel calls", () => {
    const sent = body({ toolChoice: { type: "any" }, disableParallelToolUse: true });
    expect(Object.keys(sent)).toEqual(["model", "messages"]);
  });

  test.each([
    [{ type: "auto" }, "auto"],
    [{ type: "any" }, "required"],
    [{ type: "none" }, "none"],
    [
      { type: "tool", name: "Read" },
      { type: "function", function: { name: "Read" } },
    ],
  ] as const)("are chosen as in %j", (toolChoice, choice) => {
    expect(body({ tools: [READ], toolChoice }).tool_choice).toEqual(choice);
  });

  test("are called one at a time where the client wants that", () => {
    expect(body({ tools: [READ], disableParallelToolUse: true }).parallel_tool_calls).toBe(false);
    expect(body({ tools: [READ] })).not.toHaveProperty("parallel_tool_calls");
  });

  test("that the provider would run are left out and named; and a choice of one goes with it", () => {
    const toolChoice = { type: "tool", name: "web_search" } as const;
    const { body: sent, dropped } = written({ tools: [SEARCH, READ], toolChoice });
    expect(sent).toMatchObject({ tools: [TOOL], tool_choice: "auto" });
    expect(dropped).toEqual(["tools[web_search]", "tool_choice"]);
    // bifrost#3596
    expect(written({ tools: [SEARCH], toolChoice }).body).not.toHaveProperty("tool_choice");
  });

  test("that the provider would run are OpenRouter's there", () => {
    const { body: sent, dropped } = written({ tools: [SEARCH] }, { webSearch: true });
    const parameters = { allowed_domains: ["a.example"] };
    expect([sent.tools, dropped]).toEqual([[{ type: "openrouter:web_search", parameters }], []]);
  });

  test("that the provider would run are an option of OpenAI's models that search", () => {
    const near = { ...SEARCH, user_location: { country: "DE" } };
    const { body: sent, dropped } = written({ tools: [near] }, {}, "gpt-5-search-api");
    expect(sent.web_search_options).toEqual({ user_location: { type: "approximate", approximate: { country: "DE" } } });
    expect([sent.tools, dropped]).toEqual([undefined, []]);
  });

  test("are forced as far as a service can", () => {
    const other = { ...READ, name: "Other" };
    const single = { tools: [READ, other], toolChoice: { type: "tool", name: "Other" } as const };
    // LM Studio takes words alone: the tool is forced by being the only one.
    expect(body(single, { toolChoice: "required" })).toMatchObject({
      tools: [{ function: { name: "Other" } }],
      tool_choice: "required",
    });
    const auto = written(single, { toolChoice: "auto" });
    expect([auto.body.tool_choice, auto.dropped]).toEqual(["auto", ["tool_choice"]]);
    expect(body({ tools: [READ], toolChoice: { type: "none" } }, { toolChoice: "auto" })).not.toHaveProperty("tools");
  });
});

describe("limits and sampling", () => {
  test("have OpenAI's names for models that reason, and the service's own for others", () => {
    expect(body({ maxTokens: 100 })).toMatchObject({ max_tokens: 100 });
    expect(body({ maxTokens: 100 }, { maxTokens: "max_completion_tokens" })).toMatchObject({
      max_completion_tokens: 100,
    });
    expect(body({ maxTokens: 100 }, {}, "gpt-5-mini")).toMatchObject({ max_completion_tokens: 100 });
    expect(body({ maxTokens: 100 }, { without: ["max_tokens"] })).toMatchObject({ max_completion_tokens: 100 });
    const { body: sent, dropped } = written({ maxTokens: 100 }, { without: ["max_tokens", "max_completion_tokens"] });
    expect([Object.keys(sent), dropped]).toEqual([["model", "messages"], ["max_tokens"]]);
  });

  test("above the model's own are cut to it, and named", () => {
    const { body: sent, dropped } = written({ maxTokens: 128_000 }, {}, "gpt-4.1-mini");
    expect([sent.max_tokens, dropped]).toEqual([32_768, ["max_tokens"]]);
    expect(written({ maxTokens: 100 }, {}, "gpt-4.1-mini").dropped).toEqual([]);
    expect(written({ maxTokens: 9000 }, { without: ["max_tokens<=8192"] }).body.max_tokens).toBe(8192);
  });

  test("that a model which reasons refuses are left out and named", () => {
    const fields = { temperature: 0.2, topP: 0.9, topK: 40 };
    const plain = written(fields);
    expect(plain.body).toMatchObject({ temperature: 0.2, top_p: 0.9 });
    expect(plain.dropped).toEqual(["top_k"]);
    const reasons = written(fields, {}, "o4-mini");
    expect(Object.keys(reasons.body)).toEqual(["model", "messages"]);
    expect(reasons.dropped).toEqual(["temperature", "top_p", "top_k"]);
    // What is said by saying nothing is not missed.
    expect(written({ temperature: 1 }, {}, "o4-mini").dropped).toEqual([]);
    expect(body({ temperature: 0.2, effort: "none" }, {}, "gpt-5.2")).toMatchObject({ temperature: 0.2 });
  });

  test("of vLLM's kind go along where they are known", () => {
    expect(written({ topK: 40 }, { topK: true })).toMatchObject({ body: { top_k: 40 }, dropped: [] });
  });

  test("stop sequences go along, four at the most, and none to OpenAI's o-series: the relay finds the rest", () => {
    const stopSequences = ["1", "2", "3", "4", "e"];
    const four = written({ stopSequences });
    expect([four.body.stop, four.dropped]).toEqual([["1", "2", "3", "4"], []]);
    const none = written({ stopSequences }, {}, "o3");
    expect(none.body).not.toHaveProperty("stop");
    const answer = { id: "1", choices: [{ message: { content: "So they went" }, finish_reason: "stop" }] };
    expect(four.answer.whole(answer)).toMatchObject({
      content: [{ type: "text", text: "So th" }],
      stopReason: "stop_sequence",
      stopSequence: "e",
    });
    expect(none.answer.whole(answer)).toMatchObject({ stopSequence: "e" });
  });
});

describe("structured output", () => {
  const format = { type: "json_schema", schema: WEATHER, name: "weather" } as const;

  test("is asked for by its schema, strictly where that is possible", () => {
    const json_schema = { name: "weather", schema: WEATHER, strict: true };
    expect(body({ format }).response_format).toEqual({ type: "json_schema", json_schema });
    const open = { ...format, schema: { type: "object" } };
    expect(body({ format: open }).response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "weather", schema: { type: "object" } },
    });
    expect(body({ format: { ...format, strict: false } }).response_format).not.toMatchObject({
      json_schema: { strict: true },
    });
  });

  test("stands among the instructions where only some JSON can be asked for, and is named", () => {
    const { body: sent, dropped } = written({ format }, { answerFormats: "json_object" });
    expect(sent.response_format).toEqual({ type: "json_object" });
    const [instruction] = sent.messages as { role: string; content: string }[];
    expect(instruction?.content).toContain(JSON.stringify(WEATHER));
    expect(dropped).toEqual(["output_config.format"]);
    const learned = written({ format }, { without: ["response_format=json_schema"] });
    expect(learned.body.response_format).toEqual({ type: "json_object" });
  });

  test("of any kind is a schema of any object where there are only schemas", () => {
    const any = { type: "json" } as const;
    expect(body({ format: any }).response_format).toEqual({ type: "json_object" });
    expect(body({ format: any }, { answerFormats: "json_schema" }).response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "answer", schema: { type: "object" } },
    });
    expect(body({ format: any }, { answerFormats: "none" })).not.toHaveProperty("response_format");
  });
});

describe("what is said of who asks", () => {
  test("is a pseudonym, to those who want one", () => {
    expect(body({ user: "ann@example.com" })).not.toHaveProperty("user");
    const { safety_identifier } = body({ user: "ann@example.com" }, { user: "safety_identifier" });
    expect(safety_identifier).toMatch(/^[0-9a-f]{32}$/);
    expect(body({ user: "bob@example.com" }, { user: "safety_identifier" })).not.toMatchObject({ safety_identifier });
  });

  // ccproxy-api#61: a key that changes with every request finds no cache.
  test("is the session as the key of a prompt cache, the same in each request", () => {
    expect(body({ session: "abc" }, { promptCacheKey: true })).toMatchObject({ prompt_cache_key: "abc" });
    const { prompt_cache_key } = body({ session: "s".repeat(100) }, { promptCacheKey: true });
    expect(prompt_cache_key).toMatch(/^[0-9a-f]{32}$/);
    expect(body({ session: "abc" })).not.toHaveProperty("prompt_cache_key");
  });

  test("has how long an answer is wanted where that can be told", () => {
    expect(body({ verbosity: "low" }, { verbosity: true })).toMatchObject({ verbosity: "low" });
    expect(written({ verbosity: "low" }).dropped).toEqual(["verbosity"]);
  });

  test("has what every request of a service needs, and the streaming of arguments where that must be asked for", () => {
    expect(body({}, { extraBody: { reasoning_split: true } })).toMatchObject({ reasoning_split: true });
    const quirks = { toolStream: true };
    expect(body({ tools: [READ], stream: true }, quirks)).toMatchObject({ tool_stream: true });
    expect(body({ tools: [READ] }, quirks)).not.toHaveProperty("tool_stream");
  });
});
