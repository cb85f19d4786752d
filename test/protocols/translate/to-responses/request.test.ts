import { describe, expect, test } from "vitest";
import type { HubFunction, HubTool } from "../../../../src/protocols/translate/hub.ts";
import { TO_RESPONSES } from "../../../../src/protocols/translate/to-responses/half.ts";
import { HUB } from "../hub-request.ts";
import { ask, bodyFor, type To, upstreamOf } from "./ask.ts";

const tool = (name: string, more: Partial<HubFunction> = {}): HubFunction => ({
  ...{ type: "function", name, input_schema: { type: "object", properties: {} } },
  ...more,
});
const SEARCH: HubTool = { type: "web_search" };

describe("a request to the Responses API", () => {
  test("is stored nowhere, and says no more than was asked", () => {
    const { body, endpoint, dropped } = ask({});
    expect(body).toEqual({
      model: "gpt-5.2",
      input: [{ type: "message", role: "user", content: "hello" }],
      store: false,
      stream: false,
    });
    expect(endpoint).toEqual({ path: "/responses", search: "", headers: {} });
    expect(dropped).toEqual([]);
  });

  test("has the system's texts as its instructions", () => {
    const system = ["one", "two"].map((text) => ({ type: "text" as const, text }));
    expect(bodyFor({ system }).instructions).toBe("one\n\ntwo");
  });

  test("is the same byte for byte each time, in a stable order of members", () => {
    const hub = { system: [{ type: "text" as const, text: "s" }], tools: [tool("f")], session: "s", maxTokens: 99 };
    expect(JSON.stringify(bodyFor(hub))).toBe(JSON.stringify(bodyFor(hub)));
    expect(Object.keys(bodyFor(hub)).slice(0, 4)).toEqual(["model", "instructions", "input", "tools"]);
  });

  // ccproxy-api#61: a random key is no cache.
  test("has the session as a stable cache key of at most 64 characters, and the user unreadable", () => {
    expect(bodyFor({ session: "abc" }).prompt_cache_key).toBe("abc");
    const long = bodyFor({ session: "x".repeat(90) }).prompt_cache_key;
    expect(String(long).length).toBeLessThanOrEqual(64);
    expect(bodyFor({ session: "x".repeat(90) }).prompt_cache_key).toBe(long);
    const identifier = bodyFor({ user: "someone@a.example" }).safety_identifier;
    expect(identifier).toMatch(/^[0-9a-f]{32}$/);
    expect(bodyFor({ user: "someone@a.example" }, { official: false })).not.toHaveProperty("safety_identifier");
  });

  test("tells the same user of different sessions by one identifier", () => {
    const id = (user: string) => bodyFor({ user }).safety_identifier;
    const claim = (session_id: string) => JSON.stringify({ device_id: "d", account_uuid: "", session_id });
    expect(id(claim("1"))).toBe(id(claim("2")));
    expect(id("user_ab_account__session_1")).toBe(id("user_ab_account__session_2"));
    expect(id("user_ab_account__session_1")).not.toBe(id("user_cd_account__session_1"));
  });

  test("has at least the 16 tokens of output that OpenAI asks for, and at most what its model writes", () => {
    expect(bodyFor({ maxTokens: 1 }).max_output_tokens).toBe(16);
    expect(bodyFor({ maxTokens: 4000 }).max_output_tokens).toBe(4000);
    const { body, dropped } = ask({ maxTokens: 128_000 }, { model: "gpt-4.1" });
    expect(body.max_output_tokens).toBe(32_768);
    expect(dropped).toEqual(["max_tokens"]);
  });

  test("has no stop sequences: the relay stops at them, and names what is no stop sequence", () => {
    expect(bodyFor({ stopSequences: ["STOP"] })).not.toHaveProperty("stop");
    expect(ask({ stopSequences: ["STOP"] }).dropped).toEqual([]);
    expect(ask({ stopSequences: ["x".repeat(2000)] }).dropped).toEqual(["stop_sequences"]);
  });

  test("leaves out what an upstream is known to refuse, and names what the client asked for", () => {
    const without = ["max_output_tokens", "text.verbosity", "prompt_cache_key", "reasoning.summary"];
    const hub = { maxTokens: 99, verbosity: "low", session: "s", showThinking: true, effort: "low" } as const;
    const { body, dropped } = ask(hub, { without });
    expect(Object.keys(body)).toEqual(["model", "input", "reasoning", "include", "store", "stream"]);
    expect(body.reasoning).toEqual({ effort: "low" });
    expect(dropped).toEqual(["max_tokens", "verbosity", "thinking.display"]);
  });
});

describe("how much a model is to think", () => {
  const reasoning = (hub: Parameters<typeof bodyFor>[0], to: To = {}) => bodyFor(hub, to).reasoning;

  test("is said in the words that it takes", () => {
    expect(reasoning({ effort: "max" })).toEqual({ effort: "xhigh" });
    expect(reasoning({ effort: "max" }, { model: "o3" })).toEqual({ effort: "high" });
    expect(reasoning({ thinking: { type: "disabled" } })).toEqual({ effort: "none" });
    expect(reasoning({ thinking: { type: "disabled" } }, { model: "gpt-5" })).toEqual({ effort: "minimal" });
    expect(reasoning({ thinking: { type: "enabled", budget_tokens: 8000 } })).toEqual({ effort: "medium" });
    expect(reasoning({ thinking: { type: "adaptive" } }, { model: "gpt-5-codex" })).toEqual({ effort: "high" });
    expect(reasoning({})).toBeUndefined();
    // OpenAI: "The following tools cannot be used with reasoning.effort 'minimal': web_search."
    expect(reasoning({ effort: "minimal", tools: [SEARCH] }, { model: "gpt-5" })).toEqual({ effort: "low" });
  });

  test("is said in another word where this upstream has refused one", () => {
    expect(reasoning({ effort: "xhigh" }, { without: ["reasoning.effort=xhigh"] })).toEqual({ effort: "high" });
    const unknown = { model: "own-model", without: ["reasoning.effort=max", "reasoning.effort=xhigh"] };
    expect(reasoning({ effort: "max" }, unknown)).toEqual({ effort: "high" });
  });

  // litellm#20433: OpenAI shows nothing of it that is not asked for.
  test("comes with a summary where the client wants to see it, and encrypted where it is to come back", () => {
    const shown = bodyFor({ thinking: { type: "adaptive" }, showThinking: true });
    expect(shown.reasoning).toEqual({ effort: "high", summary: "auto" });
    expect(shown.include).toEqual(["reasoning.encrypted_content"]);
    const hidden = bodyFor({ thinking: { type: "adaptive" } });
    expect(hidden.reasoning).toEqual({ effort: "high" });
    expect(hidden.include).toEqual(["reasoning.encrypted_content"]);
    expect(bodyFor({ effort: "low" }).include).toBeUndefined();
  });

  test("is not said to a model that does not think, and named", () => {
    const { body, dropped } = ask({ thinking: { type: "adaptive" }, showThinking: true }, { model: "gpt-4.1" });
    expect(body).not.toHaveProperty("reasoning");
    expect(body).not.toHaveProperty("include");
    expect(dropped).toEqual(["thinking"]);
    expect(ask({ thinking: { type: "disabled" } }, { model: "gpt-4.1" }).dropped).toEqual([]);
  });

  test("is said to a model of which nothing is known where it is asked for, and nothing else", () => {
    const to = { model: "qwen4", official: false };
    expect(bodyFor({ effort: "high", showThinking: true }, to)).toMatchObject({
      reasoning: { effort: "high", summary: "auto" },
    });
    expect(bodyFor({ effort: "high", showThinking: true }, to)).not.toHaveProperty("include");
    expect(bodyFor({ thinking: { type: "disabled" } }, to)).not.toHaveProperty("reasoning");
  });

  test("decides about sampling parameters: a model that thinks refuses them", () => {
    const sampling = { temperature: 0.3, topP: 0.9, topK: 5 };
    expect(ask(sampling).dropped).toEqual(["top_k", "temperature", "top_p"]);
    expect(ask(sampling).body).not.toHaveProperty("temperature");
    expect(ask({ temperature: 1 }).dropped).toEqual([]);
    const unthinking = { ...sampling, effort: "none" } as const;
    expect(bodyFor(unthinking)).toMatchObject({ temperature: 0.3, top_p: 0.9 });
    expect(bodyFor(sampling, { model: "gpt-4.1" })).toMatchObject({ temperature: 0.3, top_p: 0.9 });
  });
});

describe("tools of a request", () => {
  test("are flat, and strict only where the client's schema is meant and fit to be", () => {
    const closed = { type: "object", properties: {}, required: [], additionalProperties: false };
    const { body, dropped } = ask({
      tools: [tool("plain", { description: "d" }), tool("strict", { strict: true, input_schema: closed })],
    });
    expect(body.tools).toEqual([
      {
        type: "function",
        name: "plain",
        parameters: { type: "object", properties: {} },
        strict: false,
        description: "d",
      },
      { type: "function", name: "strict", parameters: closed, strict: true },
    ]);
    expect(dropped).toEqual([]);
    const unfit = ask({ tools: [tool("unfit", { strict: true })] });
    expect(unfit.body.tools).toMatchObject([{ strict: false }]);
    expect(unfit.dropped).toEqual(["tools.strict"]);
  });

  test("have names that OpenAI allows, also where they are forced", () => {
    const name = `mcp__server.one__${"x".repeat(80)}`;
    const body = bodyFor({ tools: [tool(name)], toolChoice: { type: "tool", name } });
    const [{ name: short } = { name: "" }] = body.tools as { name: string }[];
    expect(short).toMatch(/^[\w-]{64}$/);
    expect(body.tool_choice).toEqual({ type: "function", name: short });
  });

  test("are chosen in every form that there is", () => {
    const tools = [tool("f")];
    const choice = (type: "auto" | "any" | "none") => bodyFor({ tools, toolChoice: { type } }).tool_choice;
    expect([choice("auto"), choice("any"), choice("none")]).toEqual(["auto", "required", "none"]);
    expect(bodyFor({ tools }).tool_choice).toBeUndefined();
    expect(bodyFor({ tools, disableParallelToolUse: true }).parallel_tool_calls).toBe(false);
    // Without tools OpenAI refuses both.
    const none = bodyFor({ toolChoice: { type: "any" }, disableParallelToolUse: true });
    expect(none).not.toHaveProperty("tool_choice");
    expect(none).not.toHaveProperty("parallel_tool_calls");
  });

  // bifrost#3596: "Tool choice 'function' not found in 'tools' parameter".
  test("cannot be forced where they are not there", () => {
    const { body, dropped } = ask({ tools: [tool("f")], toolChoice: { type: "tool", name: "gone" } });
    expect(body).not.toHaveProperty("tool_choice");
    expect(dropped).toEqual(["tool_choice"]);
  });

  test("may be OpenAI's own search, with its sources", () => {
    const search: HubTool = {
      type: "web_search",
      allowed_domains: ["a.example/blog"],
      blocked_domains: ["b.example"],
      user_location: { city: "Bern", country: "CH" },
      max_uses: 3,
    };
    const { body, dropped } = ask({ tools: [search], toolChoice: { type: "tool", name: "web_search" } });
    expect(body).toMatchObject({
      tools: [
        {
          type: "web_search",
          filters: { allowed_domains: ["a.example"] },
          user_location: { type: "approximate", city: "Bern", country: "CH" },
        },
      ],
      tool_choice: "required",
      max_tool_calls: 3,
      include: ["web_search_call.action.sources"],
    });
    expect(dropped).toEqual(["tools.blocked_domains"]);
    const among = bodyFor({ tools: [SEARCH, tool("f")], toolChoice: { type: "tool", name: "web_search" } });
    expect(among.tool_choice).toEqual({ type: "web_search" });
  });

  test("lose the search where an upstream has none, and a choice of it", () => {
    const hub = { tools: [SEARCH], toolChoice: { type: "tool", name: "web_search" } } as const;
    const { body, dropped } = ask({ ...hub, tools: [...hub.tools] }, { without: ["tools[web_search]"] });
    expect(Object.keys(body)).toEqual(["model", "input", "store", "stream"]);
    expect(dropped).toEqual(["tools[web_search]"]);
  });
});

describe("the form of an answer", () => {
  test("is the client's schema, strict where it can be", () => {
    const schema = { type: "object", properties: {}, additionalProperties: false };
    expect(bodyFor({ format: { type: "json_schema", schema } }).text).toEqual({
      format: { type: "json_schema", name: "answer", schema, strict: true },
    });
    const open = { type: "object", properties: { a: { type: "string" } } };
    const named = { type: "json_schema", schema: open, name: "an answer", description: "d" } as const;
    expect(bodyFor({ format: named }).text).toMatchObject({
      format: { name: expect.stringMatching(/^[\w-]+$/), strict: false, description: "d" },
    });
    expect(bodyFor({ format: { type: "json_schema", schema, strict: false } }).text).toMatchObject({
      format: { strict: false },
    });
    expect(bodyFor({ format: { type: "json" } }).text).toEqual({ format: { type: "json_object" } });
  });

  test("is as long as was asked, of a model that knows such", () => {
    expect(bodyFor({ verbosity: "low" }).text).toEqual({ verbosity: "low" });
    const { body, dropped } = ask({ verbosity: "low" }, { model: "gpt-4.1" });
    expect(body).not.toHaveProperty("text");
    expect(dropped).toEqual(["verbosity"]);
  });
});

test("a count asks for what is sent, and for nothing that is no input", () => {
  const hub = {
    ...HUB,
    system: [{ type: "text" as const, text: "s" }],
    tools: [tool("f")],
    maxTokens: 9,
    session: "s",
  };
  const counted = TO_RESPONSES.count?.({ ...hub, effort: "low" }, upstreamOf());
  expect(counted).toMatchObject({ ok: true, value: { endpoint: { path: "/responses/input_tokens" } } });
  if (!counted?.ok) return;
  expect(Object.keys(counted.value.body)).toEqual(["model", "instructions", "input", "tools", "reasoning"]);
  expect(counted.value.tokensIn({ object: "response.input_tokens", input_tokens: 11 })).toBe(11);
  expect(counted.value.tokensIn({ error: {} })).toBeNull();
});
