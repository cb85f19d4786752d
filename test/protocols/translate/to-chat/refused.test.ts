/** Refusals as services have written them, and what is left out the next time. */
import { describe, expect, test } from "vitest";
import type { HubRequest } from "../../../../src/protocols/translate/hub.ts";
import type { Quirks } from "../../../../src/protocols/translate/quirks.ts";
import { loop, READ, written } from "./written.ts";

const EVERYTHING: Partial<HubRequest> = {
  ...{ maxTokens: 9000, temperature: 0.2, topP: 0.9, stopSequences: ["x"], effort: "xhigh", stream: true },
  ...{ tools: [READ], toolChoice: { type: "any" }, disableParallelToolUse: true, user: "u", session: "s" },
};
const ALL_KNOWN: Partial<Quirks> = { user: "user", promptCacheKey: true };

const openAi = (message: string, param: string | null, code: string | null) =>
  JSON.stringify({ error: { message, type: "invalid_request_error", param, code } });

/** What is remembered of a refusal; null where the client hears of it. */
function lacks(error: string, fields = EVERYTHING, quirks = ALL_KNOWN, model = "own"): string | null {
  return written(fields, quirks, model).instead?.(error)?.lacks ?? null;
}

describe("a refusal names the parameter", () => {
  test.each([
    [
      openAi(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "max_tokens",
        "unsupported_parameter",
      ),
      "max_tokens",
    ],
    [
      openAi(
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        "temperature",
        "unsupported_value",
      ),
      "temperature",
    ],
    [openAi("Unrecognized request argument supplied: parallel_tool_calls", null, null), "parallel_tool_calls"],
    [openAi("Unknown parameter: 'stream_options'.", "stream_options", "unknown_parameter"), "stream_options"],
    [
      openAi("Unsupported parameter: 'stop' is not supported with this model.", "stop", "unsupported_parameter"),
      "stop",
    ],
    // Cerebras.
    [
      '{"message":"parallel_tool_calls=False is not supported by this model.","type":"invalid_request_error","param":"parallel_tool_calls","code":"wrong_api_format"}',
      "parallel_tool_calls",
    ],
    // Groq.
    [
      '{"error":{"message":"property \'prompt_cache_key\' is unsupported","type":"invalid_request_error"}}',
      "prompt_cache_key",
    ],
    // Mistral, now and before, each with a status of 422.
    [
      '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted","input":true}]},"type":"invalid_request_error","param":null,"code":null}',
      "stream_options",
    ],
    [
      '{"detail":[{"type":"extra_forbidden","loc":["body","prompt_cache_key"],"msg":"Extra inputs are not permitted"}]}',
      "prompt_cache_key",
    ],
    [
      '{"object":"error","message":"{\\"detail\\":[{\\"type\\":\\"extra_forbidden\\",\\"loc\\":[\\"body\\",\\"user\\"],\\"msg\\":\\"Extra inputs are not permitted\\"}]}","code":"1000"}',
      "user",
    ],
    // xAI writes it in another way than it reads it.
    [
      '{"code":"Client specified an invalid argument","error":"Model grok-4 does not support parameter topP."}',
      "top_p",
    ],
    // Kimi.
    [
      '{"error":{"message":"invalid temperature: only 1 is allowed for this model","type":"invalid_request_error"}}',
      "temperature",
    ],
    // Google's own.
    [
      '[{"error":{"code":400,"message":"Invalid JSON payload received. Unknown name \\"user\\": Cannot find field.","status":"INVALID_ARGUMENT"}}]',
      "user",
    ],
  ])("%s", (error, gap) => {
    expect(lacks(error)).toBe(gap);
  });

  test("inside of a message, or of a tool", () => {
    const thought = loop().map((message) =>
      message.role === "assistant"
        ? { ...message, content: [{ type: "thinking" as const, thinking: "Hm", signature: "" }, ...message.content] }
        : message,
    );
    const history = { reasoningHistory: "reasoning_content" } as const;
    const groq = `{"error":{"message":"'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : property 'reasoning_content' is unsupported)]","type":"invalid_request_error"}}`;
    expect(lacks(groq, { messages: thought }, history)).toBe("messages with reasoning");
    const mistral = `{"detail":[{"type":"extra_forbidden","loc":["body","messages",1,"assistant","reasoning_content"],"msg":"Extra inputs are not permitted"}]}`;
    expect(lacks(mistral, { messages: thought }, history)).toBe("messages with reasoning");
    const again = written({ messages: thought }, history).instead?.(groq)?.request.body.messages;
    expect(JSON.stringify(again)).not.toContain("reasoning_content");
    const closed = { ...READ, strict: true, input_schema: { ...READ.input_schema, additionalProperties: false } };
    const strict = openAi(
      "Unknown parameter: 'tools[0].function.strict'.",
      "tools[0].function.strict",
      "unknown_parameter",
    );
    expect(lacks(strict, { tools: [closed] })).toBe("strict");
  });
});

describe("a refusal of a value", () => {
  const effort = (message: string) => written({ effort: "xhigh" }).instead?.(message);

  test("of an effort takes the nearest that the service says it has", () => {
    const listed = effort(
      openAi(
        "Unsupported value: 'xhigh' is not supported with the 'x' model. Supported values are: 'none', 'low', and 'high'.",
        "reasoning_effort",
        "unsupported_value",
      ),
    );
    expect(listed).toMatchObject({
      lacks: "reasoning_effort in none,low,high",
      request: { body: { reasoning_effort: "high" } },
    });
    const sglang = effort(
      `{"object":"error","message":"1 validation error:\\n  {'type': 'literal_error', 'loc': ('body', 'reasoning_effort'), 'msg': \\"Input should be 'low', 'medium' or 'high'\\", 'input': 'xhigh'}","code":400}`,
    );
    expect(sglang?.request.body.reasoning_effort).toBe("high");
    // Groq's Qwen: whoever wants thinking gets the model's own.
    const groq = effort('{"error":{"message":"reasoning_effort must be one of none or default"}}');
    expect(groq?.request.body).not.toHaveProperty("reasoning_effort");
  });

  test("of an effort steps down where the service does not say what it has, and ends without one", () => {
    const refusal = (word: string) => openAi(`Unsupported value: '${word}'`, "reasoning_effort", "unsupported_value");
    const once = effort(refusal("xhigh"));
    expect(once).toMatchObject({ lacks: "reasoning_effort=xhigh", request: { body: { reasoning_effort: "high" } } });
    expect(once?.request.instead?.(refusal("high"))).toMatchObject({
      request: { body: { reasoning_effort: "medium" } },
    });
    const ollama = effort('{"error":{"message":"\\"llama3\\" does not support thinking","type":"api_error"}}');
    expect(ollama?.lacks).toBe("reasoning_effort");
    expect(ollama?.request).toMatchObject({ dropped: ["output_config.effort"] });
  });

  // Vane#1173, onyx#15008
  test("of thinking beside tools turns thinking off", () => {
    const message =
      "Function tools with reasoning_effort are not supported for gpt-5.6-luna in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.";
    const fields: Partial<HubRequest> = { tools: [READ], effort: "high" };
    const instead = written(fields, {}, "gpt-5.6-luna").instead?.(openAi(message, "reasoning_effort", null));
    expect(instead).toMatchObject({
      lacks: "reasoning_effort with tools",
      request: { body: { reasoning_effort: "none" } },
    });
  });

  test.each([
    ["Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192, true],
    [
      "max_tokens is too large: 9000. This model supports at most 4096 completion tokens, whereas you provided 9000.",
      4096,
      true,
    ],
    [
      "`max_tokens` must be less than or equal to `8000`, the maximum value for `max_tokens` is less than the `context_window` for this model",
      8000,
      true,
    ],
    // What is left beside this input is no limit of the model's.
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum context length is 8192 tokens and your request has 500 input tokens (9000 > 8192 - 500). None",
      7692,
      false,
    ],
  ])("of an output limit cuts it: %s", (message, most, remembered) => {
    const instead = written({ maxTokens: 9000 }).instead?.(openAi(message, null, null));
    expect(instead?.request).toMatchObject({ body: { max_tokens: most }, dropped: ["max_tokens"] });
    expect(instead?.lacks).toBe(remembered ? `max_tokens<=${most}` : null);
  });

  test("of a form of answers takes the next that there is", () => {
    const fields: Partial<HubRequest> = { format: { type: "json_schema", schema: { type: "object" } } };
    const first = written(fields).instead?.(
      openAi("This response_format type is unavailable now", null, "invalid_request_error"),
    );
    expect(first).toMatchObject({
      lacks: "response_format=json_schema",
      request: { body: { response_format: { type: "json_object" } } },
    });
    // OpenAI's words for a schema that one client has written: it is asked in another form, and nobody else is.
    const schema = openAi(
      "Invalid schema for response_format 'answer': In context=(), 'default' is not permitted.",
      "response_format",
      null,
    );
    expect(written(fields).instead?.(schema)).toMatchObject({
      lacks: null,
      request: { body: { response_format: { type: "json_object" } } },
    });
    const groq = written(fields).instead?.(
      '{"error":{"message":"This model does not support response format `json_schema`."}}',
    );
    expect(groq?.lacks).toBe("response_format=json_schema");
    const lmStudio = written({ format: { type: "json" } }).instead?.(
      `{"error":"'response_format.type' must be 'json_schema' or 'text'"}`,
    );
    expect(lmStudio).toMatchObject({ request: { body: { response_format: { type: "json_schema" } } } });
  });

  test("of a choice of tools forces in another way, or not at all", () => {
    const fields: Partial<HubRequest> = { tools: [READ], toolChoice: { type: "tool", name: "Read" } };
    const word = written(fields).instead?.(
      `{"error":"Invalid tool_choice type: 'object'. Supported string values: none, auto, required"}`,
    );
    expect(word).toMatchObject({ lacks: "tool_choice=function", request: { body: { tool_choice: "required" } } });
    const qwen =
      '{"error":{"message":"<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support being set to required or object in thinking mode","code":"invalid_parameter_error"}}';
    const thinks = written(fields, { thinkingControl: "enable_thinking" }).instead?.(qwen);
    expect(thinks).toMatchObject({ lacks: "tool_choice with thinking", request: { body: { enable_thinking: false } } });
    const glm = written(fields).instead?.('{"error":{"message":"Tool choice must be auto","code":400}}');
    expect(glm).toMatchObject({ lacks: "tool_choice", request: { dropped: ["tool_choice"] } });
  });

  test("of a role or an order writes the messages in another way", () => {
    const list = [...loop(), { role: "system" as const, content: [{ type: "text" as const, text: "Now" }] }];
    const inside = written({ messages: list }).instead?.('{"message":"System message must be at the beginning."}');
    expect(inside).toMatchObject({ lacks: "messages with system inside" });
    expect(JSON.stringify(inside?.request.body.messages)).toContain("system-reminder");
    const developer = written({ system: [{ type: "text", text: "a" }] }, { instructions: "developer" });
    const plain = developer.instead?.(
      '{"error":{"message":"unknown variant `developer`, expected one of `system`, `user`"}}',
    );
    expect(plain?.request.body.messages).toMatchObject([{ role: "system" }, {}]);
    const deepSeek = written({ messages: loop(), tools: [READ] }).instead?.(
      '{"error":{"message":"The `reasoning_content` in the thinking mode must be passed back to the API."}}',
    );
    expect(deepSeek?.request.body.messages).toMatchObject([{}, { reasoning_content: "" }, {}]);
  });
});

describe("a client hears of", () => {
  test.each([
    [
      "its own mistake",
      openAi(
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 5 instead.",
        "temperature",
        "decimal_above_max_value",
      ),
    ],
    [
      "a prompt that is too long",
      openAi("This model's maximum context length is 8192 tokens.", "messages", "context_length_exceeded"),
    ],
    ["a model that is unknown", openAi("The model `x` does not exist", null, "model_not_found")],
    ["what can not be missed", openAi("Unsupported parameter: 'tools'", "tools", "unsupported_parameter")],
    ["words that mean nothing", "<html>Bad Request</html>"],
    ["a role of the user's", openAi("Unexpected role 'user' in messages: not supported", null, null)],
    ["nothing", ""],
  ])("%s", (_, error) => {
    expect(lacks(error)).toBeNull();
  });

  test("a refusal of what was not sent, and of what was left out already", () => {
    const refusal = openAi("Unknown parameter: 'stop'", "stop", "unknown_parameter");
    expect(lacks(refusal, {})).toBeNull();
    const instead = written(EVERYTHING).instead?.(refusal);
    expect(instead?.request.instead?.(refusal)).toBeNull();
  });
});
