import { describe, expect, test } from "vitest";
import type { HubRequest, HubTool } from "../../../../src/protocols/translate/hub.ts";
import { TO_GEMINI } from "../../../../src/protocols/translate/to-gemini/half.ts";
import { assistant, call, GEMINI_2_5, GEMINI_3, hubRequest, result, signed, upstreamOf, user, write } from "./ask.ts";

const LOOK: HubTool = { type: "function", name: "look", input_schema: { properties: { at: { type: "string" } } } };
const TURN = [user("a"), assistant(signed("call", "c2ln", "hm"), call("1")), user(result("1"))];

/** An error as Google writes it. */
function refusal(message: string): string {
  return JSON.stringify({ error: { code: 400, message, status: "INVALID_ARGUMENT" } });
}

function unknown(name: string, at: string): string {
  return refusal(`Invalid JSON payload received. Unknown name "${name}" at '${at}': Cannot find field.`);
}

function instead(request: Partial<HubRequest>, message: string, upstream = GEMINI_3) {
  const found = write(request, upstream).instead?.(message);
  return found
    ? { lacks: found.lacks, body: found.request.body, dropped: found.request.dropped, again: found.request.instead }
    : null;
}

describe("a member that the upstream does not know", () => {
  test("is left out, named, and remembered", () => {
    const other = instead({ topK: 7, temperature: 1 }, unknown("topK", "generation_config"));
    expect(other).toMatchObject({ lacks: "topK", body: { generationConfig: { temperature: 1 } }, dropped: ["top_k"] });
    expect(other?.body.generationConfig).not.toHaveProperty("topK");
    expect(other?.again?.(unknown("topK", "generation_config"))).toBeNull();
  });

  test("is known by its name with underscores as well", () => {
    expect(instead({ topK: 7 }, unknown("top_k", "generation_config"))).toMatchObject({ lacks: "topK" });
  });

  test("that holds a schema is put in the older form", () => {
    const at = "tools[0].function_declarations[0]";
    expect(instead({ tools: [LOOK] }, unknown("parametersJsonSchema", at))).toMatchObject({
      lacks: "parametersJsonSchema",
      body: { tools: [{ functionDeclarations: [{ name: "look", parameters: { type: "OBJECT" } }] }] },
    });
    const format = { type: "json_schema", schema: { type: "object" } } as const;
    expect(instead({ format }, unknown("responseJsonSchema", "generation_config"))).toMatchObject({
      lacks: "responseJsonSchema",
      body: { generationConfig: { responseSchema: { type: "OBJECT" } } },
    });
  });

  test("that is the id of a call is left out of calls and results", () => {
    const other = instead({ messages: TURN }, unknown("id", "contents[1].parts[1].function_call"));
    expect(other?.lacks).toBe("id");
    expect(JSON.stringify(other?.body)).not.toContain('"id"');
  });

  test("without which the request would mean something else is not left out", () => {
    for (const member of ["contents", "tools", "systemInstruction", "functionResponse", "constructor", "__proto__"]) {
      expect(instead({ tools: [LOOK] }, unknown(member, ""))).toBeNull();
    }
  });
});

describe("a model that lacks", () => {
  test("pictures in the answer of a function has them behind it", () => {
    const png = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBO" } } as const;
    const messages = [user("a"), assistant(call("1")), user(result("1", [png]))];
    const other = instead({ messages }, unknown("parts", "contents[2].parts[0].function_response"));
    expect(other).toMatchObject({
      lacks: "functionResponse.parts",
      body: { contents: [{}, {}, { parts: [{ functionResponse: {} }, { inlineData: {} }] }] },
    });
  });

  test("instructions of their own is told them first", () => {
    const system = [{ type: "text", text: "Be brief." }] as const;
    const other = instead(
      { system: [...system] },
      refusal("Developer instruction is not enabled for models/gemma-3-27b-it"),
    );
    expect(other).toMatchObject({
      lacks: "systemInstruction",
      body: { contents: [{ role: "user", parts: [{ text: "Be brief." }, { text: "hello" }] }] },
    });
    expect(other?.body).not.toHaveProperty("systemInstruction");
  });
});

describe("a schema that the upstream does not take", () => {
  test("is cleaned", () => {
    const words = "Invalid value at 'tools[0].function_declarations[3].parameters_json_schema': unsupported keyword";
    expect(instead({ tools: [LOOK] }, refusal(words))).toMatchObject({ lacks: "parametersJsonSchema" });
  });
});

describe("signatures", () => {
  const MISSING = refusal(
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.",
  );
  const WRONG = refusal("Corrupted thought signature.");
  const SKIP = "skip_thought_signature_validator";

  test("that are missing are put in, also for a model of which nothing was known", () => {
    const messages = [user("a"), assistant(call("1")), user(result("1"))];
    const other = instead({ messages }, MISSING, upstreamOf("own", false));
    expect(other).toMatchObject({ lacks: null, body: { contents: [{}, { parts: [{ thoughtSignature: SKIP }] }, {}] } });
  });

  test("that an upstream has never heard of are left out, with their thoughts", () => {
    const other = instead({ messages: TURN }, unknown("thoughtSignature", "contents[1].parts[1]"));
    expect(other?.lacks).toBe("thoughtSignature");
    expect(JSON.stringify(other?.body)).not.toMatch(/thought/);
  });

  test("that are wrong are left out with their thoughts, once", () => {
    const other = instead({ messages: TURN }, WRONG);
    expect(other).toMatchObject({
      lacks: null,
      body: { contents: [{}, { parts: [{ functionCall: {}, thoughtSignature: SKIP }] }, {}] },
    });
    expect(JSON.stringify(other?.body)).not.toContain("hm");
    expect(other?.again?.(WRONG)).toBeNull();
    expect(other?.again?.(MISSING)).toBeNull();
  });
});

describe("thinking", () => {
  const level = (name: string) =>
    refusal(`Thinking level ${name} is not supported for this model. Please retry with other thinking level.`);

  test("at a level that the model lacks becomes the nearest that it has", () => {
    const other = instead({ effort: "low" }, level("LOW"));
    expect(other).toMatchObject({
      lacks: "thinkingLevel.LOW",
      body: { generationConfig: { thinkingConfig: { thinkingLevel: "MEDIUM" } } },
    });
    expect(other?.again?.(level("MEDIUM"))).toMatchObject({
      lacks: "thinkingLevel.MEDIUM",
      request: { body: { generationConfig: { thinkingConfig: { thinkingLevel: "HIGH" } } } },
    });
  });

  test("at any level, or by a budget, is left to the model where it takes none", () => {
    const showThinking = true;
    expect(
      instead({ effort: "low", showThinking }, refusal("Thinking level is not supported for this model.")),
    ).toMatchObject({
      lacks: "thinkingLevel",
      body: { generationConfig: { thinkingConfig: { includeThoughts: true } } },
    });
    const budget = refusal("Budget 0 is invalid. This model only works in thinking mode.");
    expect(instead({ effort: "none" }, budget, GEMINI_2_5)).toMatchObject({ lacks: "thinkingBudget" });
  });

  test("of a model that has none is not spoken of", () => {
    expect(instead({ effort: "low" }, refusal("Thinking is not enabled for this model."))).toMatchObject({
      lacks: "thinkingConfig",
      dropped: ["thinking"],
    });
  });
});

describe("tools that do not go together", () => {
  const tools: HubTool[] = [LOOK, { type: "web_search" }];

  test("are functions without a search", () => {
    const other = instead({ tools }, refusal("Tool use with function calling is unsupported"));
    expect(other).toMatchObject({ lacks: "googleSearch", dropped: ["tools[web_search]"] });
    expect(other?.body.tools).toHaveLength(1);
    const unshown = instead({ tools }, unknown("includeServerSideToolInvocations", "tool_config"));
    expect(unshown).toMatchObject({ lacks: "includeServerSideToolInvocations", dropped: ["tools[web_search]"] });
    expect(unshown?.body).not.toHaveProperty("toolConfig");
  });

  test("are tools without a form of the answer", () => {
    const words = "Function calling with a response mime type: 'application/json' is unsupported";
    expect(instead({ tools: [LOOK], format: { type: "json" } }, refusal(words))).toMatchObject({
      lacks: "responseMimeType",
      dropped: ["output_config.format"],
    });
  });
});

test("another refusal is the client's to read", () => {
  for (const message of [
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "API key not valid.",
    "Thinking of that is not allowed.",
    "GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name.",
    "",
  ]) {
    expect(instead({ tools: [LOOK] }, refusal(message))).toBeNull();
  }
});

describe("counting", () => {
  test("asks with all that the model would read, under the model's own name", () => {
    const request = hubRequest({
      system: [{ type: "text", text: "Be brief." }],
      messages: TURN,
      tools: [LOOK],
      maxTokens: 5,
    });
    const counted = TO_GEMINI.count?.(request, GEMINI_3);
    const written = write({ ...request, maxTokens: null });
    expect(counted).toMatchObject({
      ok: true,
      value: {
        endpoint: { path: "/v1beta/models/{model}:countTokens", search: "" },
        body: { generateContentRequest: { model: "models/gemini-3.8-flash", ...written.body } },
      },
    });
    if (!counted?.ok) return;
    expect(counted.value.tokensIn({ totalTokens: 31 })).toBe(31);
    expect(counted.value.tokensIn({})).toBeNull();
  });
});
