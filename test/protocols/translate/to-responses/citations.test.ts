import { describe, expect, test } from "vitest";
import { collected } from "../../../../src/protocols/translate/collect.ts";
import type { HubAnswer, Json } from "../../../../src/protocols/translate/hub.ts";
import { message, read, search, streamOf } from "./events.ts";

const answerOf = (output: Json[]) => collected(read(streamOf(output))) as HubAnswer;
const contentOf = (output: Json[]) => answerOf(output).content;
const SOURCES = [
  { type: "url", url: "https://a.example" },
  { type: "url", url: "https://b.example" },
];
const cite = (start_index: number, end_index: number, url = "https://a.example", title = "A page"): Json => ({
  ...{ type: "url_citation", start_index, end_index, url, title },
});
const hit = (url: string, title = url) => ({ type: "web_search_result", url, title, encrypted_content: "" });

describe("a search that OpenAI has run", () => {
  test("is the search and what it found, and is counted", () => {
    const { content, usage, stopReason } = answerOf([
      search({ type: "search", query: "q", sources: SOURCES }),
      message("so"),
    ]);
    expect(content).toEqual([
      { type: "server_tool_use", id: "ws_1", name: "web_search", input: { query: "q" } },
      {
        type: "web_search_tool_result",
        tool_use_id: "ws_1",
        content: [hit("https://a.example"), hit("https://b.example")],
      },
      { type: "text", text: "so" },
    ]);
    expect([usage.webSearches, stopReason]).toEqual([1, "end_turn"]);
  });

  test("has found what is cited, where its sources are not told", () => {
    const said = message("so it is", [cite(0, 2), cite(3, 5), cite(3, 5, "https://b.example", "B page")]);
    expect(contentOf([search({ type: "search", queries: ["q"] }), said])).toMatchObject([
      { type: "server_tool_use", input: { query: "q" } },
      { type: "text" },
      {
        type: "web_search_tool_result",
        tool_use_id: "ws_1",
        content: [hit("https://a.example", "A page"), hit("https://b.example", "B page")],
      },
    ]);
  });

  test("has found nothing where nothing tells, and still has a result", () => {
    expect(contentOf([search({ type: "search", query: "q" }), message("so")])).toMatchObject([
      { type: "server_tool_use" },
      { type: "text" },
      { type: "web_search_tool_result", tool_use_id: "ws_1", content: [] },
    ]);
  });

  test("that opened a page has that page, and is not billed", () => {
    const { content, usage } = answerOf([search({ type: "open_page", url: "https://a.example/1" })]);
    expect(content).toMatchObject([{ input: {} }, { content: [hit("https://a.example/1")] }]);
    expect(usage.webSearches).toBe(0);
  });

  test("that failed says so", () => {
    expect(contentOf([search({ type: "search", query: "q" }, "ws_1", "failed")])[1]).toEqual({
      type: "web_search_tool_result",
      tool_use_id: "ws_1",
      content: { type: "web_search_tool_result_error", error_code: "unavailable" },
    });
  });
});

describe("a citation", () => {
  const citationsOf = (text: string, ...annotations: Json[]) => {
    const [block] = contentOf([message(text, annotations)]);
    return block?.type === "text" ? block.citations : undefined;
  };

  test("is one of Anthropic's, with the text that it is about", () => {
    expect(citationsOf("The sky is blue.", cite(4, 7))).toEqual([
      {
        type: "web_search_result_location",
        url: "https://a.example",
        title: "A page",
        encrypted_index: "",
        cited_text: "sky",
      },
    ]);
  });

  test("counts characters, and cuts none in two", () => {
    expect(citationsOf("😀😀 yes", cite(1, 6))).toMatchObject([{ cited_text: "😀 yes" }]);
  });

  test("of anything but a page is left out, and so is one that cannot be read", () => {
    const odd: Json[] = [
      { type: "file_citation", file_id: "f" },
      { type: "url_citation" },
      { type: "url_citation", url: 1 },
    ];
    expect(citationsOf("text", ...odd)).toBeUndefined();
    const placeless = { type: "url_citation", url: "https://a.example" };
    expect(citationsOf("text", placeless)).toMatchObject([{ title: null, cited_text: "" }]);
  });
});
