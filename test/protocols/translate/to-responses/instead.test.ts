import { describe, expect, test } from "vitest";
import { array, object } from "../../../../src/ground/json.ts";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import type { HubRequest, Json } from "../../../../src/protocols/translate/hub.ts";
import { ask, assistant, type To, text } from "./ask.ts";

const error = (message: string, param: string | null = null, code: string | null = null): string =>
  JSON.stringify({ error: { message, type: "invalid_request_error", param, code } });

/** What is sent in the place of a refused request, and what is remembered. */
function instead(hub: Partial<HubRequest>, refusedWith: string, to: To = {}) {
  const other = ask(hub, to).instead?.(refusedWith);
  return other ? { body: other.request.body, dropped: other.request.dropped, lacks: other.lacks } : null;
}

const signature = carry("openai", JSON.stringify({ id: "rs_1", encrypted_content: "gAAA" }));
const REASONED: Partial<HubRequest> = {
  messages: [assistant({ type: "thinking", thinking: "why", signature }, text("so"))],
};
const typesOf = (body: Json | undefined) => array(body?.input).map((item) => object(item)?.type);

describe("reasoning that an upstream cannot read", () => {
  // codex#8145, sub2api#2863; the words of calls and reasoning that have lost each other are OpenAI's own.
  test.each([
    error("The encrypted content gAAA...DQ== could not be verified.", null, "invalid_encrypted_content"),
    error("The encrypted content for item rs_1 could not be verified. Reason: could not be decrypted or parsed."),
    error("Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item: 'rs_1'.", "input"),
    error("Reasoning input items can only be provided to a reasoning or computer use model."),
    error("Item 'rs_1' of type 'reasoning' was provided without its required following item.", "input"),
  ])("is left out, and nothing is remembered: %s", (refusedWith) => {
    const other = instead(REASONED, refusedWith);
    expect(typesOf(other?.body)).toEqual(["message"]);
    expect(other?.lacks).toBeNull();
  });

  test("is not left out twice, nor where there is none", () => {
    const refusedWith = error("no", null, "invalid_encrypted_content");
    expect(instead({}, refusedWith)).toBeNull();
    expect(ask(REASONED).instead?.(refusedWith)?.request.instead?.(refusedWith)).toBeNull();
  });

  test("and that a model does not encrypt is not asked for again", () => {
    const refusedWith = error("Encrypted content is not supported with this model.", "include");
    const other = instead({ ...REASONED, showThinking: true }, refusedWith);
    expect(typesOf(other?.body)).toEqual(["reasoning", "message"]);
    expect(other?.body).not.toHaveProperty("include");
    expect(other).toMatchObject({ lacks: "include", dropped: [] });
  });
});

describe("a parameter that an upstream does not know", () => {
  const hub: Partial<HubRequest> = { maxTokens: 99, session: "s", temperature: 0.5 };
  const to: To = { model: "own-model", official: false };

  test.each([
    error(
      "Unsupported parameter: 'temperature' is not supported with this model.",
      "temperature",
      "unsupported_parameter",
    ),
    error("Unknown parameter: 'temperature'.", "temperature", "unknown_parameter"),
    error("Unsupported parameter: 'temperature' is not supported with this model."),
    // ChatGPT's Codex service, and services in Python.
    JSON.stringify({ detail: "Unsupported parameter: temperature" }),
    JSON.stringify({ error: "Unrecognized key: `temperature`" }),
  ])("is left out, named and remembered: %s", (refusedWith) => {
    const other = instead(hub, refusedWith, to);
    expect(other?.body).not.toHaveProperty("temperature");
    expect(other?.body).toHaveProperty("max_output_tokens");
    expect(other).toMatchObject({ lacks: "temperature", dropped: ["temperature"] });
  });

  test("may be one within another, and the next may be refused after it", () => {
    const shown: Partial<HubRequest> = { showThinking: true, effort: "low", verbosity: "low" };
    const unverified = error(
      "Your organization must be verified to generate reasoning summaries.",
      "reasoning.summary",
      "unsupported_value",
    );
    const first = ask(shown).instead?.(unverified);
    expect(first?.request.body.reasoning).toEqual({ effort: "low" });
    expect(first?.lacks).toBe("reasoning.summary");
    const second = first?.request.instead?.(error("Unknown parameter: 'text.verbosity'.", "text.verbosity"));
    expect(second?.request.body).not.toHaveProperty("text");
    expect(second?.request.body.reasoning).toEqual({ effort: "low" });
    expect(second?.request.dropped).toEqual(["thinking.display", "verbosity"]);
  });

  test("is not looked for where the fault is another, or lies in what was asked", () => {
    const faults = [
      error("Invalid 'temperature': decimal above maximum value.", "temperature", "decimal_above_max_value"),
      error("This model's maximum context length is 8192 tokens.", "input", "context_length_exceeded"),
      error("Invalid schema for function 'f'.", "tools[0].parameters", "invalid_function_parameters"),
      error("Unsupported parameter: 'top_p'.", "top_p", "unsupported_parameter"),
      error("Invalid value: 'json_schema' is not supported.", "text.format", "unsupported_value"),
      ...["", "no", "null", "[]", "{}", '{"error":{}}'],
    ];
    for (const fault of faults) expect(instead({ ...hub, format: { type: "json" } }, fault, to)).toBeNull();
  });

  test("may be a limit above the model's own, which is then left to it and not remembered", () => {
    const refusedWith = error("integer above maximum value", "max_output_tokens", "integer_above_max_value");
    const other = instead(hub, refusedWith, to);
    expect(other?.body).not.toHaveProperty("max_output_tokens");
    expect(other).toMatchObject({ lacks: null, dropped: ["max_tokens"] });
  });
});

describe("an effort that a model has not", () => {
  // opencode#4451, graphiti#1395.
  const listed = error(
    "Unsupported value: 'xhigh' is not supported with the 'gpt-5.2' model. Supported values are: 'none', 'low', and 'medium'.",
    "reasoning.effort",
    "unsupported_value",
  );

  test("is the nearest lower one of those that the error lists, then and from then on", () => {
    const other = instead({ effort: "xhigh" }, listed);
    expect(other?.body.reasoning).toEqual({ effort: "medium" });
    expect(other?.lacks).toBe("reasoning.effort in none,low,medium");
    const later = ask({ effort: "high" }, { without: [other?.lacks ?? ""] });
    expect(later.body.reasoning).toEqual({ effort: "medium" });
  });

  test("is the lowest of them where none is lower", () => {
    const minimal = error("Supported values are: 'low' and 'high'.", "***.effort", "unsupported_value");
    expect(instead({ effort: "minimal" }, minimal, { model: "gpt-5" })?.body.reasoning).toEqual({ effort: "low" });
  });

  test("is one step lower where the error lists none", () => {
    const unlisted = error("Unsupported value.", "reasoning.effort", "unsupported_value");
    const other = instead({ effort: "max" }, unlisted, { model: "own-model" });
    expect(other?.body.reasoning).toEqual({ effort: "xhigh" });
    expect(other?.lacks).toBe("reasoning.effort=max");
  });

  test("is left to the model where it knows no efforts at all", () => {
    const unknown = error("Unknown parameter: 'reasoning.effort'.", "reasoning.effort", "unknown_parameter");
    const other = instead({ effort: "high" }, unknown);
    expect(other?.body).not.toHaveProperty("reasoning");
    expect(other).toMatchObject({ lacks: "reasoning.effort", dropped: ["output_config.effort"] });
  });
});

test("any JSON that OpenAI gives only where JSON is spoken of is asked for as any object", () => {
  const words =
    "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.";
  const other = instead({ format: { type: "json" } }, error(words, "input"));
  expect(other?.body.text).toMatchObject({
    format: { type: "json_schema", schema: { type: "object" }, strict: false },
  });
  expect(other?.lacks).toBeNull();
});

test("a search that an upstream does not run is left out and remembered, with nothing else of the tools", () => {
  const f = { type: "function", name: "f", input_schema: { type: "object", properties: {} } } as const;
  const refusals = [
    error("Hosted tool 'web_search' is not supported with gpt-4.1-nano.", "tools"),
    error("Invalid value: 'web_search'. Supported values are: 'function'.", "tools[1].type", "invalid_value"),
    JSON.stringify({ detail: "type web_search not supported" }),
  ];
  for (const refusedWith of refusals) {
    const other = instead({ tools: [f, { type: "web_search" }] }, refusedWith);
    expect(other?.body.tools).toMatchObject([{ type: "function" }]);
    expect(other?.body).not.toHaveProperty("include");
    expect(other).toMatchObject({ lacks: "tools[web_search]", dropped: ["tools[web_search]"] });
  }
  // Else one client could take the search from all others.
  const value = error("'web_search' is no valid domain.", "tools[1].filters.allowed_domains[0]", "invalid_value");
  expect(instead({ tools: [f, { type: "web_search", allowed_domains: ["web_search"] }] }, value)).toBeNull();
  const schema = error("Invalid schema for function 'f': unknown keyword.", "tools[0].parameters");
  expect(instead({ tools: [f, { type: "web_search" }] }, schema)).toBeNull();
});
