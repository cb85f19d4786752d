import { describe, expect, test } from "vitest";
import { carry } from "../../../../src/protocols/translate/carried.ts";
import type { HubBlock, HubMessage } from "../../../../src/protocols/translate/hub.ts";
import fc from "../../../fast-check.ts";
import { conversations } from "../arbitraries.ts";
import { hub as readMessages } from "../from-messages/asked.ts";
import * as own from "./writing.ts";

const { assistant, body, call, OPUS_5_5, OTHER, refusedFor, result, SONNET_4_5, system, text, turns, user, write } =
  own;

const SAID = { role: "user", content: [text("a")] };
const of = (...content: HubBlock[]) => turns([user(text("a")), assistant(...content), user(text("b"))]);
const assistants = (...content: HubBlock[]) => (of(...content) as { role: string; content: unknown[] }[])[1];

describe("a conversation", () => {
  // higress#3517
  test("has roles that take turns, and results first in their message", () => {
    const messages = [user(text("a")), user(text("b")), assistant(call("1")), user(result("1")), user(text("c"))];
    expect(turns(messages)).toEqual([user(text("a"), text("b")), assistant(call("1")), user(result1("1"), text("c"))]);
  });

  const result1 = (id: string) => ({ type: "tool_result", tool_use_id: id, content: [text("done")] }) as never;

  // vercel/ai#5576, litellm#22979, claude-code#62396
  test("has no text that is empty, or of nothing but space", () => {
    expect(turns([user(text("a"), text(" \n")), assistant(text(""), call("1")), user(result("1"))])).toEqual([
      ...[SAID, assistant(call("1")), user(result1("1"))],
    ]);
    expect(turns([user(text("a")), assistant(text(" ")), user(text("b"))])).toEqual([user(text("a"), text("b"))]);
  });

  test("begins with the user", () => {
    const beginning = "(The beginning of this conversation has been left out.)";
    expect(turns([assistant(text("x")), user(text("a"))])).toEqual([
      ...[user(text(beginning)), assistant(text("x")), SAID],
    ]);
  });

  test("that ends with the assistant goes on from there, without the space at its end", () => {
    const messages = [user(text("a")), assistant(text("The answer is \n"))];
    expect(turns(messages, SONNET_4_5)).toEqual([SAID, assistant(text("The answer is"))]);
    expect(write({ messages }, SONNET_4_5).dropped).toEqual([]);
  });

  // strands-agents#1694, qwen-code#8039
  test("ends with the user where the model cannot go on, or thinks", () => {
    const messages = [user(text("a")), assistant(text("The answer is"))];
    const ended = [SAID, assistant(text("The answer is")), user(text("Continue."))];
    expect(turns(messages, OPUS_5_5)).toEqual(ended);
    expect(turns(messages, SONNET_4_5, { effort: "high" })).toEqual(ended);
    expect(write({ messages }).dropped).toEqual(["messages[prefill]"]);
  });

  test("has ids in the API's alphabet, the same at the call and at its result", () => {
    const id = "call:1|fc_é".repeat(10);
    const [, { content: calls }, { content: results }] = turns([
      user(text("a")),
      assistant(call(id)),
      user(result(id)),
    ]) as [unknown, { content: [{ id: string }] }, { content: [{ tool_use_id: string }] }];
    expect(calls[0].id).toMatch(/^[\w-]{1,64}$/);
    expect(results[0].tool_use_id).toBe(calls[0].id);
  });
});

describe("system messages", () => {
  const messages = [user(text("a")), system("Now in French."), assistant(text("Oui.")), user(text("b"))];
  const reminder = text("<system-reminder>\nNow in French.\n</system-reminder>");

  test("stay where they are with the models that take them, behind the user", () => {
    expect(turns(messages)).toEqual(messages);
    expect(turns([user(text("a")), system("x")])).toEqual([SAID, system("x")]);
  });

  test("are what the user says with the others, in the words that Claude knows for it", () => {
    expect(turns(messages, SONNET_4_5)).toEqual([user(text("a"), reminder), ...messages.slice(2)]);
    const before = [user(text("a")), assistant(text("x")), system("Now in French."), user(text("b"))];
    expect(turns(before)).toEqual([...before.slice(0, 2), user(reminder, text("b"))]);
  });

  test("that come first are instructions", () => {
    const { system: instructions, messages: rest } = body({ messages: [system("x"), user(text("a"))] });
    expect(instructions).toMatchObject([text("x")]);
    expect(rest).toEqual([SAID]);
  });
});

describe("thinking in the history", () => {
  const thinking = (signature: string, words = "Hm."): HubBlock => ({ type: "thinking", thinking: words, signature });

  test("goes back with its signature, byte for byte, also where nothing of it was shown", () => {
    // openclaw#92201
    expect(assistants(thinking("c2ln", ""), thinking("c2ln"), text("x"))?.content).toEqual([
      ...[thinking("c2ln", ""), thinking("c2ln"), text("x")],
    ]);
    expect(assistants(thinking(carry("anthropic", "c2ln")), text("x"))?.content).toEqual([thinking("c2ln"), text("x")]);
    const redacted: HubBlock = { type: "redacted_thinking", data: "d" };
    expect(assistants(redacted, text("x"))?.content).toEqual([redacted, text("x")]);
  });

  test("stays away where it was not signed, or by another provider", () => {
    const foreign = [thinking(""), thinking(carry("gemini", "s")), thinking(carry("openai", "s"))];
    expect(assistants(...foreign, text("x"))?.content).toEqual([text("x")]);
  });

  test("stays away where there is no thinking in this request", () => {
    const messages = [user(text("a")), assistant(thinking("c2ln"), text("x")), user(text("b"))];
    expect(turns(messages, SONNET_4_5)).toEqual([SAID, assistant(text("x")), user(text("b"))]);
    expect(turns(messages, SONNET_4_5, { effort: "high" })).toEqual(messages);
  });

  test("goes back to another vendor's model in its words, which signs nothing", () => {
    const messages = [user(text("a")), assistant(thinking(carry("openai", "s")), text("x")), user(text("b"))];
    expect(turns(messages, OTHER)).toEqual([SAID, assistant(thinking(""), text("x")), user(text("b"))]);
  });
});

describe("pictures, documents and sound", () => {
  const source = (media_type: string, data = "AAAA") => ({ type: "base64", media_type, data }) as const;
  const place = (block: HubBlock) => refusedFor({ messages: [user(block)] });

  test("are taken in the forms that the API has, also in results", () => {
    const image: HubBlock = { type: "image", source: source("image/png") };
    const pdf: HubBlock = { type: "document", source: source("application/pdf"), title: "T" };
    const url: HubBlock = { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } };
    expect(turns([user(image, pdf, url)])).toEqual([user(image, pdf, url)]);
    const told = { ...result("1"), content: [image] } as HubBlock;
    expect(turns([user(text("a")), assistant(call("1")), user(told)])).toMatchObject([
      {},
      {},
      { content: [{ content: [image] }] },
    ]);
  });

  test("are texts where they are texts in base64", () => {
    const document: HubBlock = { type: "document", source: source("text/markdown", btoa("# Hello")), title: "T" };
    expect(turns([user(document)])).toEqual([
      user({ type: "document", source: { type: "text", media_type: "text/plain", data: "# Hello" }, title: "T" }),
    ]);
  });

  test("are refused in the forms that it has not", () => {
    expect(place({ type: "image", source: source("image/bmp") })).toBe("messages.0.content.0");
    expect(place({ type: "document", source: source("application/zip") })).toBe("messages.0.content.0");
    expect(place({ type: "audio", source: source("audio/wav") })).toBe("messages.0.content.0");
  });

  test("an error that says nothing says so", () => {
    const failed = { ...result("1"), content: [], is_error: true } as HubBlock;
    expect(turns([user(text("a")), assistant(call("1")), user(failed)])).toMatchObject([
      ...[{}, {}],
      { content: [{ is_error: true, content: [text("(no output)")] }] },
    ]);
  });
});

describe("searches in the history", () => {
  const search = (id: string): HubBlock => ({ type: "server_tool_use", id, name: "web_search", input: { query: "q" } });
  const found = (id: string, encrypted_content: string): HubBlock => ({
    type: "web_search_tool_result",
    tool_use_id: id,
    content: [{ type: "web_search_result", url: "https://a.example", title: "A", encrypted_content }],
  });

  test("go back as they were where Anthropic ran them", () => {
    const blocks = [search("srvtoolu_1"), found("srvtoolu_1", "e"), text("x")];
    expect(assistants(...blocks)?.content).toEqual(blocks);
  });

  test("are what was found, in words, where another provider did", () => {
    expect(assistants(search("ws_1"), found("ws_1", ""), text("x"))?.content).toEqual([
      ...[text("Found by a web search:\nA: https://a.example"), text("x")],
    ]);
    expect(assistants(search("ws_1"), text("x"))?.content).toEqual([text("x")]);
  });
});

test("what a client says comes back the same from a request of up to 30 turns: text, calls, pictures, results", () => {
  const plain = (messages: HubMessage[]) =>
    JSON.parse(JSON.stringify(messages), (name, value) => (name === "cache_control" ? undefined : value));
  fc.assert(
    fc.property(conversations(30, { thinking: false }), (messages) => {
      const sent = body({ messages, tools: [] }, OTHER);
      expect(readMessages({ messages: plain(sent.messages as HubMessage[]) }).messages).toEqual(messages);
    }),
    { numRuns: 40 },
  );
});
