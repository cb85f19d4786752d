import { describe, expect, test } from "vitest";
import type { HubBlock } from "../../../../src/protocols/translate/hub.ts";
import { HELLO, hub, read, refusedFor } from "./asked.ts";

const PNG = { type: "base64", media_type: "image/png", data: "AAAA" };

function blocks(role: string, content: unknown[]): HubBlock[] {
  return hub({ messages: [...HELLO, { role, content }] }).messages[1]?.content ?? [];
}

const ofUser = (...content: unknown[]) => blocks("user", content);
const ofAssistant = (...content: unknown[]) => blocks("assistant", content);
const result = (content: unknown, more = {}) => ({ type: "tool_result", tool_use_id: "t", content, ...more });
const refusedBlock = (role: string, block: unknown) => refusedFor({ messages: [{ role, content: [block] }] });

describe("blocks of a user", () => {
  test("keep their texts and breakpoints, and lose the empty ones", () => {
    const text = { type: "text", text: "Hi", cache_control: { type: "ephemeral", ttl: "5m" } };
    expect(ofUser(text, { type: "text", text: "" })).toEqual([text]);
    expect(ofUser({ ...text, cache_control: { type: "ephemeral", ttl: "9y" } })).toEqual([
      { ...text, cache_control: { type: "ephemeral" } },
    ]);
  });

  test("are pictures in the request and at URLs", () => {
    const url = { type: "url", url: "https://example.com/a.png" };
    expect(ofUser({ type: "image", source: PNG }, { type: "image", source: url })).toEqual([
      { type: "image", source: PNG },
      { type: "image", source: url },
    ]);
  });

  test("are documents of every source; what a document is made of, and its context, are blocks of their own", () => {
    const pdf = { type: "base64", media_type: "application/pdf", data: "JVBE" };
    const text = { type: "text", media_type: "text/plain", data: "Words" };
    expect(ofUser({ type: "document", source: pdf, title: "T", context: "C" })).toEqual([
      { type: "text", text: "C" },
      { type: "document", source: pdf, title: "T" },
    ]);
    expect(ofUser({ type: "document", source: text, title: null })).toEqual([{ type: "document", source: text }]);
    expect(ofUser({ type: "document", source: { type: "content", content: "Words" } })).toEqual([
      { type: "document", source: text },
    ]);
    const parts = [
      { type: "text", text: "Words" },
      { type: "image", source: PNG },
    ];
    const cache_control = { type: "ephemeral" };
    expect(
      ofUser({ type: "document", source: { type: "content", content: parts }, title: "T", cache_control }),
    ).toEqual([
      { type: "text", text: "T" },
      { type: "text", text: "Words" },
      { type: "image", source: PNG, cache_control },
    ]);
  });

  test("are search results as text, with their place", () => {
    const found = {
      type: "search_result",
      source: "https://a.example",
      title: "A",
      content: [{ type: "text", text: "x" }],
    };
    expect(ofUser(found)).toEqual([
      { type: "text", text: "A\nhttps://a.example" },
      { type: "text", text: "x" },
    ]);
  });

  test("that lie at Anthropic are refused, and the place is named", () => {
    const file = { type: "file", file_id: "f" };
    expect(refusedBlock("user", { type: "image", source: file })).toBe("messages.0.content.0.source");
    expect(refusedBlock("user", { type: "document", source: file })).toBe("messages.0.content.0.source");
    expect(refusedBlock("user", { type: "container_upload", file_id: "f" })).toBe("messages.0.content.0");
    expect(refusedBlock("user", result([{ type: "image", source: file }]))).toBe(
      "messages.0.content.0.content.0.source",
    );
  });

  test("are refused where they are none, or an assistant's", () => {
    for (const block of [1, null, [], {}, { type: 1 }, { type: "text" }, { type: "tool_use", id: "t", name: "a" }]) {
      expect(refusedBlock("user", block)).toBe("messages.0.content.0");
    }
    expect(refusedBlock("assistant", result(""))).toBe("messages.0.content.0");
    expect(refusedBlock("system", { type: "image", source: PNG })).toBe("messages.0.content.0");
    expect(refusedFor({ messages: [{ role: "user", content: 1 }] })).toBe("messages.0.content");
    expect(refusedFor({ messages: [{ role: "tool", content: "" }] })).toBe("messages.0.role");
  });

  test("of a type that came later are left out and named", () => {
    const { hub: sent, dropped } = read({ messages: [...HELLO, { role: "user", content: [{ type: "smell" }] }] });
    expect([sent.messages.length, dropped]).toEqual([1, ["content[smell]"]]);
  });
});

describe("results of tools", () => {
  const read1 = (block: object) => ofAssistantThen(block)[0];
  const ofAssistantThen = (block: object) => ofUser(block);
  const text = { type: "text", text: "done" };

  test("may be a text, a list, or nothing", () => {
    expect(read1(result("done"))).toEqual({ ...result([text]), is_error: false });
    expect(read1(result([text, { type: "text", text: "" }]))).toEqual({ ...result([text]), is_error: false });
    expect(read1({ type: "tool_result", tool_use_id: "t" })).toEqual({ ...result([]), is_error: false });
    expect(read1(result(""))).toEqual({ ...result([]), is_error: false });
  });

  // litellm#25476, maka#5277, zeroclaw#9596, MTPLX#441: a picture is no JSON in a text
  test("keep pictures, documents, errors and breakpoints", () => {
    const document = { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } };
    const more = { is_error: true, cache_control: { type: "ephemeral" } };
    const content = [{ type: "image", source: PNG }, document];
    expect(read1(result(content, more))).toEqual(result(content, more));
  });

  test("that load tools name them, since all are loaded, and what has no counterpart is named", () => {
    const content = [{ type: "tool_reference", tool_name: "Grep" }, { type: "browser_state" }];
    const { hub: sent, dropped } = read({ messages: [{ role: "user", content: [result(content)] }] });
    expect(sent.messages[0]?.content).toEqual([
      { ...result([{ type: "text", text: "The tool Grep is available." }]), is_error: false },
    ]);
    expect(dropped).toEqual(["content[tool_reference]", "content[browser_state]"]);
  });

  test("do not nest", () => {
    const deep = (depth: number): object =>
      depth === 0 ? text : { type: "document", source: { type: "content", content: [deep(depth - 1)] } };
    expect(read1(result([deep(2000)]))).toEqual({ ...result([]), is_error: false });
  });

  test("are refused without the id of their call", () => {
    expect(refusedBlock("user", { type: "tool_result", content: "" })).toBe("messages.0.content.0");
  });
});

describe("blocks of an assistant", () => {
  // anthropic-sdk-python#1598: a signature holds for the very words
  test("keep thinking with its signature, as it is", () => {
    const thinking = { type: "thinking", thinking: "Hm.", signature: "s" };
    const redacted = { type: "redacted_thinking", data: "d" };
    const empty = { type: "thinking", thinking: "", signature: "s" };
    expect(ofAssistant(thinking, redacted, empty)).toEqual([thinking, redacted, empty]);
    expect(ofAssistant({ type: "thinking", thinking: "Hm." })).toEqual([{ ...thinking, signature: "" }]);
  });

  test("keep calls; arguments that are absent are none", () => {
    const call = { type: "tool_use", id: "t", name: "a", input: { b: [1] } };
    expect(ofAssistant({ ...call, caller: { type: "direct" } }, { ...call, id: "u", input: null })).toEqual([
      call,
      { ...call, id: "u", input: {} },
    ]);
    expect(refusedBlock("assistant", { ...call, input: "{}" })).toBe("messages.0.content.0.input");
    expect(refusedBlock("assistant", { ...call, id: "" })).toBe("messages.0.content.0");
    expect(refusedBlock("assistant", { ...call, name: 1 })).toBe("messages.0.content.0");
  });

  test("keep searches and what they found", () => {
    const search = { type: "server_tool_use", id: "s", name: "web_search", input: { query: "q" } };
    const hit = { type: "web_search_result", url: "https://a.example", title: "A", encrypted_content: "e" };
    const found = { type: "web_search_tool_result", tool_use_id: "s", content: [hit] };
    const failed = { ...found, content: { type: "web_search_tool_result_error", error_code: "unavailable" } };
    expect(ofAssistant(search, found, failed)).toEqual([search, found, failed]);
  });

  test("lose what Anthropic ran otherwise, and that is named", () => {
    const fetch = { type: "server_tool_use", id: "s", name: "web_fetch", input: {} };
    const fetched = { type: "web_fetch_tool_result", tool_use_id: "s", content: {} };
    const content = [{ type: "text", text: "It says:" }, fetch, fetched];
    const { hub: sent, dropped } = read({ messages: [...HELLO, { role: "assistant", content }] });
    expect(sent.messages[1]?.content).toEqual([{ type: "text", text: "It says:" }]);
    expect(dropped).toEqual(["content[web_fetch]", "content[web_fetch_tool_result]"]);
  });

  test("are a summary of what was said before, as text", () => {
    expect(ofAssistant({ type: "compaction", content: "So far." })).toEqual([{ type: "text", text: "So far." }]);
  });
});
