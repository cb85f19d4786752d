import { describe, expect, test } from "vitest";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import type { HubBlock, HubMessage } from "../../../../src/protocols/translate/hub.ts";
import { TO_RESPONSES } from "../../../../src/protocols/translate/to-responses/half.ts";
import { HUB } from "../hub-request.ts";
import { assistant, inputFor, text, upstreamOf, user } from "./ask.ts";

const call = (id = "toolu_1", name = "run"): HubBlock => ({ type: "tool_use", id, name, input: { a: 1 } });
const result = (content: Extract<HubBlock, { type: "tool_result" }>["content"], is_error = false): HubMessage =>
  user({ type: "tool_result", tool_use_id: "toolu_1", content, is_error });
const PIXEL = { type: "base64", media_type: "image/png", data: "AAAA" } as const;
const PDF = { type: "base64", media_type: "application/pdf", data: "JVBERi0=" } as const;

const REASONING = carry("openai", JSON.stringify({ id: "rs_1", encrypted_content: "gAAA" }));
const thinking = (signature: string, words = "why"): HubBlock => ({ type: "thinking", thinking: words, signature });
const ITEM = {
  type: "reasoning",
  id: "rs_1",
  summary: [{ type: "summary_text", text: "why" }],
  encrypted_content: "gAAA",
};

const outputFor = (message: HubMessage) => (inputFor([assistant(call()), message]) as { output: unknown }[])[1]?.output;

describe("what a user says", () => {
  test("is a text where it is one, else parts", () => {
    expect(inputFor([user(text("hi"))])).toEqual([{ type: "message", role: "user", content: "hi" }]);
    expect(inputFor([user(text("a"), { type: "image", source: PIXEL })])).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "a" },
          { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
        ],
      },
    ]);
  });

  test("has pictures and documents at URLs as they are, and documents in it by a name that tells what they are", () => {
    const content: HubBlock[] = [
      { type: "image", source: { type: "url", url: "https://a.example/p.png" } },
      { type: "document", source: { type: "url", url: "https://a.example/d.pdf" } },
      { type: "document", source: PDF, title: "Plan" },
      { type: "document", source: PDF },
      { type: "document", source: PDF, title: "b.PDF" },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "words" }, title: "Notes" },
    ];
    const file_data = "data:application/pdf;base64,JVBERi0=";
    expect(inputFor([user(...content)])).toEqual([
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_image", image_url: "https://a.example/p.png", detail: "auto" },
          { type: "input_file", file_url: "https://a.example/d.pdf" },
          { type: "input_file", filename: "Plan.pdf", file_data },
          { type: "input_file", filename: "document.pdf", file_data },
          { type: "input_file", filename: "b.PDF", file_data },
          { type: "input_text", text: "Notes\n\nwords" },
        ],
      },
    ]);
  });

  test("is refused where it is sound, by its place", () => {
    const audio: HubBlock = { type: "audio", source: { type: "base64", media_type: "audio/wav", data: "AAAA" } };
    const hub = { ...HUB, messages: [user(text("hear")), user(text("this"), audio)] };
    for (const put of [TO_RESPONSES.write, TO_RESPONSES.count]) {
      expect(put?.(hub, upstreamOf())).toMatchObject({
        ok: false,
        refusal: { reason: "member_refused", member: "messages.1.content.1" },
      });
    }
  });
});

describe("a system message in the midst of a conversation", () => {
  const system: HubMessage = { role: "system", content: [{ type: "text", text: "be brief" }] };
  const messages = [user(text("a")), system, user(text("b"))];

  test("stays where it is, as OpenAI's developer and any other service's system", () => {
    const item = { type: "message", content: "be brief" };
    expect(inputFor(messages)).toMatchObject([{}, { ...item, role: "developer" }, {}]);
    expect(inputFor(messages, { official: false })).toMatchObject([{}, { ...item, role: "system" }, {}]);
  });

  test("is told as the user's where a service takes none there", () => {
    const content = "<system-reminder>\nbe brief\n</system-reminder>";
    expect(inputFor(messages, { systemAnywhere: false })).toMatchObject([{}, { role: "user", content }, {}]);
  });
});

describe("a call and its result", () => {
  test("keep the text before the call, and their id", () => {
    const results: HubMessage = user({ type: "tool_result", tool_use_id: "toolu_1", content: [], is_error: false });
    expect(inputFor([user(text("go")), assistant(text("I run it"), call()), results])).toEqual([
      { type: "message", role: "user", content: "go" },
      { type: "message", role: "assistant", content: "I run it" },
      { type: "function_call", call_id: "toolu_1", name: "run", arguments: '{"a":1}' },
      // An empty result is one all the same: each call must have its own.
      { type: "function_call_output", call_id: "toolu_1", output: "" },
    ]);
  });

  test("have ids of at most 64 characters, the same in both", () => {
    const long = `call.${"x".repeat(90)}`;
    const items = inputFor([
      assistant(call(long)),
      user({ type: "tool_result", tool_use_id: long, content: [], is_error: false }),
    ]) as { call_id: string }[];
    expect(items[0]?.call_id).toMatch(/^[\w-]{64}$/);
    expect(items[1]?.call_id).toBe(items[0]?.call_id);
  });

  // maka#5277, litellm#25476: a picture as JSON text burns tokens and is not seen.
  test("keep pictures and documents as what they are", () => {
    const content: Extract<HubBlock, { type: "tool_result" }>["content"] = [
      { type: "text", text: "seen" },
      { type: "image", source: PIXEL },
      { type: "document", source: PDF, title: "r.pdf" },
    ];
    const parts = [
      { type: "input_text", text: "seen" },
      { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "auto" },
      { type: "input_file", filename: "r.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
    ];
    expect(outputFor(result(content))).toEqual(parts);
    expect(outputFor(result(content, true))).toEqual([{ type: "input_text", text: "Error" }, ...parts]);
  });

  test("say in words that it failed", () => {
    const lines: Extract<HubBlock, { type: "tool_result" }>["content"] = [
      { type: "text", text: "no such" },
      { type: "text", text: "file" },
    ];
    expect(outputFor(result(lines))).toBe("no such\nfile");
    expect(outputFor(result(lines, true))).toBe("Error: no such\nfile");
    expect(outputFor(result([], true))).toBe("Error");
  });

  test("come before what the user says with them", () => {
    const both = user({ type: "tool_result", tool_use_id: "toolu_1", content: [], is_error: false }, text("and?"));
    expect(inputFor([assistant(call()), both])).toMatchObject([
      { type: "function_call" },
      { type: "function_call_output" },
      { type: "message", role: "user", content: "and?" },
    ]);
  });
});

describe("thinking of earlier turns", () => {
  test("goes back as the reasoning that OpenAI has encrypted", () => {
    expect(inputFor([assistant(thinking(REASONING), text("so"))])).toEqual([
      ITEM,
      { type: "message", role: "assistant", content: "so" },
    ]);
    // openclaw#92201: no words, and yet it must not be dropped.
    expect(inputFor([assistant(thinking(REASONING, ""), call())])).toMatchObject([{ ...ITEM, summary: [] }, {}]);
  });

  test("is for models that think: another refuses it", () => {
    expect(inputFor([assistant(thinking(REASONING), text("so"))], { model: "gpt-4.1" })).toMatchObject([
      { type: "message" },
    ]);
  });

  test("is dropped where another provider has signed it, or nobody, and never forged", () => {
    const foreign = [carry("gemini", "sig"), carry("anthropic", "sig"), "EqQBCgIYAg==", "", carry("openai", "{}")];
    for (const signature of foreign) {
      expect(inputFor([assistant(thinking(signature), text("so"))])).toMatchObject([{ type: "message" }]);
    }
    const redacted: HubBlock = { type: "redacted_thinking", data: "EmwKAhgB" };
    expect(inputFor([assistant(redacted, text("so"))])).toMatchObject([{ type: "message" }]);
  });

  test("is left out where nothing of its turn follows it, which OpenAI refuses", () => {
    expect(inputFor([assistant(thinking(REASONING)), user(text("go on"))])).toMatchObject([{ role: "user" }]);
    // Neighbours of one role are one turn.
    expect(inputFor([assistant(thinking(REASONING)), assistant(call())])).toMatchObject([
      { type: "reasoning" },
      { type: "function_call" },
    ]);
  });
});

describe("what the assistant has said", () => {
  test("in several blocks stays in as many", () => {
    expect(inputFor([assistant(text("a"), text("b"))])).toEqual([
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "a", annotations: [] },
          { type: "output_text", text: "b", annotations: [] },
        ],
      },
    ]);
  });

  test("is a comment before a call and an answer at the end of a turn, to the models that tell them apart", () => {
    const messages = [user(text("go")), assistant(text("first"), call()), result([]), assistant(text("done"))];
    const phases = (to: Parameters<typeof inputFor>[1]) =>
      (inputFor([...messages, user(text("more"))], to) as { role?: string; phase?: string }[])
        .filter(({ role }) => role === "assistant")
        .map(({ phase }) => phase);
    expect(phases({ model: "gpt-5.3-codex" })).toEqual(["commentary", "final_answer"]);
    expect(phases({ model: "gpt-5.2" })).toEqual([undefined, undefined]);
    expect(phases({ model: "gpt-5.4", official: false })).toEqual([undefined, undefined]);
  });
});

describe("a search that was run", () => {
  const search = (id: string, query?: string): HubBlock => ({
    ...{ type: "server_tool_use", id, name: "web_search", input: query === undefined ? {} : { query } },
  });
  const found = (id: string, ...urls: string[]): HubBlock => ({
    type: "web_search_tool_result",
    tool_use_id: id,
    content: urls.map((url) => ({ type: "web_search_result", url, title: url, encrypted_content: "" })),
  });

  test("goes back with what it has found, under its id where OpenAI gave it", () => {
    const action = { type: "search", query: "q", queries: ["q"], sources: [{ type: "url", url: "https://a.example" }] };
    const item = { type: "web_search_call", status: "completed", action };
    expect(inputFor([assistant(search("ws_1", "q"), found("ws_1", "https://a.example"), text("so"))])).toEqual([
      { id: "ws_1", ...item },
      { type: "message", role: "assistant", content: "so" },
    ]);
    expect(inputFor([assistant(search("srvtoolu_1", "q"), found("srvtoolu_1", "https://a.example"))])).toEqual([item]);
  });

  test("was a page opened where nothing was searched for, and failed where that was told", () => {
    expect(inputFor([assistant(search("ws_1"), found("ws_1", "https://a.example"))])).toMatchObject([
      { action: { type: "open_page", url: "https://a.example" } },
    ]);
    const failed: HubBlock = {
      type: "web_search_tool_result",
      tool_use_id: "ws_1",
      content: { type: "web_search_tool_result_error", error_code: "unavailable" },
    };
    expect(inputFor([assistant(search("ws_1", "q"), failed)])).toMatchObject([{ status: "failed" }]);
  });
});
